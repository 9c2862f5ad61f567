import Services
import TestSupport
import Testing

@testable import API

@Suite struct OperationsTests {
  @Test func `operations routes need neither tenant nor token`() async throws {
    try await withAPI { api in
      let health = try await api.ask("GET", "/healthz", host: "nobody.test")
      #expect(health.status == 200)
      #expect(try health.json == ["status": "ok"])
      let metrics = try await api.ask("GET", "/metrics", host: "nobody.test")
      #expect(metrics.status == 200)
      #expect(metrics.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8")
      #expect(
        metrics.text.contains(
          #"spillway_http_requests_total{method="GET",route="/healthz",status="200"} 1"#))
      let document = try await api.ask("GET", "/openapi.json", host: "nobody.test")
      #expect(try document.json == SampleRoutes.table.document)
    }
  }

  @Test func `readiness names what is missing`() async throws {
    try await withAPI { api in
      let ready = try await api.ask("GET", "/readyz")
      #expect(ready.status == 200)
      #expect(try ready.json == ["status": "ready", "closed_cells": []])
      api.readiness = Readiness(waitingFor: ["postgres: not connected"], closedCells: ["shop.kr"])
      let waiting = try await api.ask("GET", "/readyz")
      #expect(waiting.status == 503)
      #expect(waiting.headers["retry-after"] == "1")
      #expect(
        try waiting.json == [
          "status": "waiting", "waiting_for": ["postgres: not connected"],
          "closed_cells": ["shop.kr"],
        ])
    }
  }

  @Test func `a closed cell is told, and the others are served`() async throws {
    try await withAPI { api in
      api.readiness = Readiness(closedCells: ["shop.kr"])
      let ready = try await api.ask("GET", "/readyz")
      #expect(ready.status == 200)
      #expect(try ready.json == ["status": "ready", "closed_cells": ["shop.kr"]])
    }
  }

  @Test func `while requests in flight end, the operations port is not ready`() async throws {
    try await withAPI {
      $0.hasOperationsPort = true
    } _: { api in
      #expect(try await api.ask("GET", "/readyz", onOperationsPort: true).status == 200)
      let client = try await api.connect()
      defer { client.close() }
      client.send("GET", "/v1/held", headers: [("Host", "shop.test")])
      try await eventually { api.services.held.count == 1 }
      let drain = api.loop.spawn { await api.server.drain(deadline: .seconds(10)) }
      try await eventually {
        try await api.ask("GET", "/readyz", onOperationsPort: true).status == 503
      }
      #expect(try await api.ask("GET", "/healthz", onOperationsPort: true).status == 200)
      api.services.held[0].respond(status: 200) { $0.append("{}") }
      #expect(try await client.response().status == 200)
      await drain.value
    }
  }

  @Test func `with a port for operations only health is on both`() async throws {
    try await withAPI {
      $0.hasOperationsPort = true
    } _: { api in
      for (path, isPublic, isOperational) in [
        ("/healthz", true, true), ("/readyz", false, true), ("/metrics", false, true),
        ("/openapi.json", false, true), ("/v1/open/a", true, false),
      ] {
        #expect(try await api.ask("GET", path).status == (isPublic ? 200 : 404), "\(path)")
        let other = try await api.ask("GET", path, onOperationsPort: true)
        #expect(other.status == (isOperational ? 200 : 404), "\(path)")
      }
    }
  }

  @Test func `a drain lets the request in flight end`() async throws {
    try await withAPI { api in
      let client = try await api.connect()
      client.send("GET", "/v1/held", headers: [("Host", "shop.test")])
      try await eventually { api.services.held.count == 1 }
      let drain = api.loop.spawn { await api.server.drain(deadline: .seconds(10)) }
      await api.loop.sleep(for: .milliseconds(20))
      api.services.held[0].respond(status: 200) { $0.append("{}") }
      let response = try await client.response()
      #expect(response.status == 200)
      #expect(response.headers["connection"] == "close")
      client.close()
      await drain.value
    }
  }
}
