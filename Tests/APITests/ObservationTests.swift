import Telemetry
import Testing

@testable import API

@Suite struct ObservationTests {
  @Test func `requests are counted by route and status`() async throws {
    let text = try await withAPI { api in
      for name in ["a", "b"] { _ = try await api.ask("GET", "/v1/open/\(name)") }
      _ = try await api.ask("GET", "/v1/me")
      _ = try await api.ask("GET", "/v1/nothing")
      return String(decoding: api.metrics.render(), as: UTF8.self)
    }
    for line in [
      #"spillway_http_requests_total{method="GET",route="/v1/open/{name}",status="200"} 2"#,
      #"spillway_http_requests_total{method="GET",route="/v1/me",status="401"} 1"#,
      #"spillway_http_requests_total{method="",route="(none)",status="404"} 1"#,
      #"spillway_http_request_seconds_count{method="GET",route="/v1/open/{name}",status="2xx"} 2"#,
    ] {
      #expect(text.contains(line), "\(line)")
    }
  }

  @Test func `failures and administration are logged, without the token`() async throws {
    let lines = try await withAPI { api in
      let key = ("X-Idempotency-Key", "k")
      _ = try await api.ask("GET", "/v1/open/a")
      _ = try await api.ask(
        "POST", "/v1/admin/things", token: "shop:ann:APP_ADMIN",
        headers: [key, ("X-Request-Id", "r1")], body: #"{"name":"a"}"#)
      _ = try await api.ask("DELETE", "/v1/admin/things", headers: [("X-Request-Id", "r2")])
      return try api.log.lines.map { try JSONValue(json: Array($0.utf8)) }
    }
    #expect(lines.count == 2)
    #expect(lines[0]["level"] == "info")
    #expect(lines[0]["request_id"] == "r1")
    #expect(lines[0]["route"] == "/v1/admin/things")
    #expect(lines[0]["status"] == 201)
    #expect(lines[0]["tenant"] == "shop")
    #expect(lines[0]["user"] == "ann")
    #expect(lines[0]["milliseconds"] != nil)
    #expect(lines[1]["level"] == "warning")
    #expect(lines[1]["request_id"] == "r2")
    #expect(lines[1]["status"] == 503)
    #expect(!lines.contains { $0.jsonText.contains("APP_ADMIN") })
  }

  @Test func `every request is logged where details are wanted`() async throws {
    let lines = try await withAPI {
      $0.logLevel = .debug
    } _: { api in
      _ = try await api.ask(
        "GET", "/v1/open/a",
        headers: [("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")])
      return api.log.lines
    }
    #expect(lines.contains { $0.contains("0af7651916cd43dd8448eb211c80319c") })
  }

  @Test func `each line of a request names its trace, and begins one where none was given`()
    async throws
  {
    let given = "0af7651916cd43dd8448eb211c80319c"
    let lines = try await withAPI { api in
      for parent in ["00-\(given)-b7ad6b7169203331-01", "00-zero-b7ad6b7169203331-01"] {
        _ = try await api.ask(
          "POST", "/v1/admin/things", token: "shop:ann:APP_ADMIN",
          headers: [("X-Idempotency-Key", parent), ("traceparent", parent)],
          body: #"{"name":"a"}"#)
      }
      _ = try await api.ask("DELETE", "/v1/admin/things")
      return try api.log.lines.map { try JSONValue(json: Array($0.utf8)) }
    }
    let traces = lines.compactMap { $0["trace_id"]?.string }
    #expect(traces.count == 3)
    #expect(traces.first == given)
    #expect(Set(traces).count == 3)
    for trace in traces {
      // As a caller's own would be taken.
      let parent = Array("00-\(trace)-b7ad6b7169203331-00".utf8)
      #expect(parent.withUnsafeBytes { TraceContext($0) }?.traceID == trace)
    }
  }

  @Test func `a flood of failures writes few lines and says how many it left out`() {
    var budget = LogBudget()
    let written = (0..<1000).filter { _ in budget.take(now: 5_000) }.count
    #expect(written == LogBudget.linesPerSecond)
    let isWritten = budget.take(now: 6_000)
    #expect(isWritten)
    let suppressed = budget.takeSuppressed()
    #expect(suppressed == 1000 - LogBudget.linesPerSecond)
    let further = budget.takeSuppressed()
    #expect(further == nil)
  }
}
