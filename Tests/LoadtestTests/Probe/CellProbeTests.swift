import EventLoop
import TestSupport
import Testing

@testable import spillway_loadtest

@Suite struct CellProbeTests {
  /// Pages of one cell each.
  private func page(_ request: String) -> TinyServer.Reaction {
    let cell: String
    if request.hasPrefix("GET /v1/admin/cells?limit=100 ") {
      cell = #"{"cell":"a","lag_ms":1,"stream_length":10}],"next_cursor":"m:KR""#
    } else if request.hasPrefix("GET /v1/admin/cells?limit=100&cursor=m%3AKR ") {
      cell = #"{"cell":"b","lag_ms":70,"stream_length":5}],"next_cursor":"s""#
    } else if request.hasPrefix("GET /v1/admin/cells?limit=100&cursor=s ") {
      cell = #"{"cell":"c","lag_ms":null,"stream_length":null}],"next_cursor":null"#
    } else {
      return .sendAndClose(TinyServer.response(404, "{}", headers: "Connection: close\r\n"))
    }
    return .sendAndClose(
      TinyServer.response(
        200, #"{"data":[\#(cell),"request_id":"r"}"#, headers: "Connection: close\r\n"))
  }

  @Test func `the cells of all pages are read`() async throws {
    try await withEventLoop { loop in
      let server = try TinyServer(loop: loop, react: page)
      let target = try #require(Target(url: server.url))
      let cells = await InstallationProbe.cells(HTTPClient(target: target, loop: loop), "t")
      #expect(cells?.map(\.lag_ms) == [1, 70, nil])
      #expect(cells?.map(\.stream_length) == [10, 5, nil])
    }
  }

  @Test func `cells of which a page is missing are not known`() async throws {
    try await withEventLoop { loop in
      let server = try TinyServer(loop: loop) { request in
        request.contains("cursor=s ")
          ? .sendAndClose(TinyServer.response(503, "{}", headers: "Connection: close\r\n"))
          : page(request)
      }
      let target = try #require(Target(url: server.url))
      #expect(await InstallationProbe.cells(HTTPClient(target: target, loop: loop), "t") == nil)
    }
  }
}
