import API
import EventLoop
import Foundation
import TestSupport
import Testing

@Suite struct OperationsTests {
  @Test func `the document names every route, on the wire and on the command line`() async throws {
    let site = try await SharedInstance.get().site
    let response = try await site.request("GET", "/openapi.json")
    #expect(response.status == 200)
    #expect(response.headers["content-type"] == "application/json")
    #expect(response.json["openapi"] as? String == "3.1.0")
    let paths = try #require(response.json["paths"] as? [String: [String: Any]])
    let documented = paths.flatMap { path, item in item.keys.map { "\($0.uppercased()) \(path)" } }
    let routes = SpillwayRoutes.table.descriptions.map { "\($0.method) \($0.pattern)" }
    #expect(Set(documented) == Set(routes))
    #expect(documented.count == routes.count)
    let printed = try await spillway("openapi")
    #expect(printed.status == .exited(0))
    #expect(printed.output == response.text + "\n")
  }

  @Test func `metrics have their names`() async throws {
    let instance = try await SharedInstance.get()
    _ = try await instance.site.claim(token: try await instance.token("metrics"))
    let names = [
      "spillway_http_requests_total", "spillway_http_request_seconds", "spillway_claim_batch_size",
      "spillway_redis_call_seconds", "spillway_redis_commands_total",
      "spillway_redis_reconnects_total", "spillway_postgres_query_seconds",
      "spillway_postgres_connections", "spillway_reconciler_lag_seconds",
      "spillway_reconciler_facts_total", "spillway_reconciler_batch_facts", "spillway_cell_open",
      "spillway_cell_stream_entries", "spillway_cell_rebuilds_total", "spillway_token_cache_total",
    ]
    let response = try await instance.site.request("GET", "/metrics")
    #expect(response.headers["content-type"]?.hasPrefix("text/plain; version=0.0.4") == true)
    for name in names {
      #expect(response.text.contains("# HELP \(name) "))
      #expect(response.text.contains("# TYPE \(name) "))
    }
    #expect(
      response.text.contains(
        #"spillway_http_requests_total{method="POST",route="/v1/campaigns/{id}/coupons",status="201"}"#
      ))
    #expect(response.text.contains("spillway_cell_open{cell=\"demo.kr\"} 1\n"))
  }

  @Test func `operations have a port of their own where one is given`() async throws {
    let folder = try await DataFolder.make()
    let options = ["--ops-port", "0", "--log-level", "debug"]
    try await withInstance(in: folder, options: options) { instance in
      let line = try await eventually("the line that names the port") {
        instance.program.logLines.first { $0["message"] as? String == "listening" }
      }
      let operations = try #require((line["operations"] as? String).flatMap { Site(url: $0) })
      #expect(operations.port != instance.site.port)
      for path in ["/readyz", "/metrics", "/openapi.json"] {
        #expect(try await instance.site.request("GET", path).status == 404)
        #expect(try await operations.request("GET", path).status == 200)
      }
      for site in [instance.site, operations] {
        let health = try await site.request("GET", "/healthz", host: "anything.example")
        #expect(health.text == #"{"status":"ok"}"#)
      }
      try await checkLog(of: instance)
    }
  }

  /// At its most talkative, the log is JSON, names requests, and holds no secret.
  private func checkLog(of instance: Instance) async throws {
    let token = try await instance.token("logged")
    let response = try await instance.site.claim(
      token: token, headers: [("X-Request-Id", "the-request-of-this-test")])
    #expect(response.headers["x-request-id"] == "the-request-of-this-test")
    #expect(
      try await instance.site.claim(token: "\(token)x", headers: [("Cookie", "a=\(token)")]).status
        == 401)
    let lines = try await eventually("both requests in the log") {
      let lines = instance.program.logLines
      return lines.count { $0["route"] as? String == "/v1/campaigns/{id}/coupons" } == 2
        ? lines : nil
    }
    let text = instance.program.log
    #expect(text.split(separator: "\n").count == instance.program.logLines.count)
    for line in lines {
      for name in ["time", "level", "label", "message"] { #expect(line[name] is String) }
    }
    let claim = lines.first { $0["request_id"] as? String == "the-request-of-this-test" }
    #expect(claim?["status"] as? Int == 201)
    #expect(claim?["tenant"] as? String == "demo")
    for part in token.split(separator: ".") { #expect(!text.contains(part)) }
    let key = try Data(contentsOf: URL(fileURLWithPath: "\(instance.folder)/development-key.json"))
    let secret = try #require(
      (try JSONSerialization.jsonObject(with: key) as? [String: Any])?["k"] as? String)
    #expect(!text.contains(secret))
  }

  @Test func `an ordinary run logs little`() async throws {
    let folder = try await DataFolder.make()
    let lines = try await withInstance(in: folder) { instance in
      let token = try await instance.token("quiet")
      #expect(try await instance.site.claim(token: token).status == 201)
      #expect(try await instance.program.stop() == .exited(0))
      return instance.program.logLines
    }
    #expect(lines.allSatisfy { $0["level"] as? String == "info" })
    let messages = lines.compactMap { $0["message"] as? String }
      .filter { $0 != "migrated" && $0 != "waiting" }
    #expect(
      messages.sorted() == [
        "listening", "opened a cell", "ready", "rebuilt a cell", "starting", "stopped", "stopping",
      ])
    // A start that takes longer than usual tells what it waits for, and not often.
    #expect(lines.count { $0["message"] as? String == "waiting" } < 10)
  }
}
