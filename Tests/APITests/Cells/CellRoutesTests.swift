import Domain
import HotPath
import Postgres
import Redis
import Services
import TestSupport
import Testing

@testable import API

@Suite struct CellRoutesTests {
  private static let token = "shop:olga:APP_OPERATOR"

  /// Adds a cell of `shop` to the ledger.
  private func put(_ api: APIUnderTest<Node>, _ name: String, _ columns: String) async throws {
    _ = try await api.services.database.query(
      Statement(
        "test_cell_\(name)",
        """
        insert into spillway.cells
          (cell, tenant_id, epoch, run_id, closed_because, cursor_milliseconds, cursor_sequence)
        values ('\(name)', 'shop', \(columns))
        """), [])
  }

  @Test func `cells are reported as ledger and Redis see them together`() async throws {
    try await withNode { api in
      let redis = api.services.redis.client(for: "{shop.kr}")
      let runID = try #require(redis.runID)
      let open = SharedServers.tag("open")
      let stale = SharedServers.tag("stale")
      let shut = SharedServers.tag("shut")
      try await put(api, open, "3, '\(runID)', null, 1000, 1")
      try await put(api, stale, "4, 'another', null, 0, 0")
      try await put(api, shut, "0, null, 'not vouched yet', 0, 0")
      let keys = CellKeys(CellName(open)!)
      _ = try await redis.send(
        RedisCommand("SET", keys.lease, CellLease.text(epoch: 3, runID: runID)))
      _ = try await redis.send(RedisCommand("XADD", keys.stream, "1000-1", "a", "b"))
      let staleKeys = CellKeys(CellName(stale)!)
      _ = try await redis.send(
        RedisCommand("SET", staleKeys.lease, CellLease.text(epoch: 3, runID: runID)))
      _ = try await redis.send(RedisCommand("XADD", staleKeys.stream, "2000-1", "a", "b"))

      let response = try await api.ask("GET", "/v1/admin/cells", token: Self.token)
      #expect(response.status == 200, "\(response.text)")
      let cells = try #require(try response.json["data"]?.array)
      #expect(cells.map { $0["cell"]?.string } == [open, shut, stale])
      #expect(
        cells[0] == [
          "cell": .string(open), "state": "OPEN", "closed_because": nil, "epoch": 3,
          "stream_length": 1, "cursor": "1000-1", "lag_ms": 0,
        ])
      #expect(cells[1]["state"] == "CLOSED")
      #expect(cells[1]["closed_because"] == "not vouched yet")
      #expect(cells[2]["state"] == "CLOSED")
      #expect(cells[2]["lag_ms"]?.integer ?? 0 > 1_000_000)
      #expect(
        Set(cells[0].object!.names) == Set(CellRoutes.cell.definition["properties"]!.object!.names))

      let first = try await api.ask("GET", "/v1/admin/cells?limit=1", token: Self.token)
      #expect(try first.json["next_cursor"]?.string == open)
      let rest = try await api.ask(
        "GET", "/v1/admin/cells?limit=2&cursor=\(open)", token: Self.token)
      #expect(try rest.json["data"]?.array?.count == 2)
      #expect(try rest.json["next_cursor"] == .null)
      let other = try await api.ask(
        "GET", "/v1/admin/cells", host: "other.test", token: "other:olga:APP_OPERATOR")
      #expect(try other.json["data"] == [])
    }
  }
}
