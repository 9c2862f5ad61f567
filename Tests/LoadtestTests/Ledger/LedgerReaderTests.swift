import Domain
import EventLoop
import Postgres
import TestSupport
import Testing

@testable import spillway_loadtest

@Suite struct LedgerReaderTests {
  private static let campaign = Identifier("01890a5d-ac96-774b-bcce-b302099a8057")!

  private static let table: Statement = """
    create table spillway.coupons (tenant_id text, campaign_id uuid, sequence bigint, user_id text,
      ordinal integer, coupon_id uuid, issued_at timestamptz, recorded_at timestamptz)
    """

  private static let rows: Statement = """
    insert into spillway.coupons
    select 'demo', '01890a5d-ac96-774b-bcce-b302099a8057', n, 'U' || n, 1,
      ('01890a5d-ac96-774b-bcce-' || lpad(to_hex(n), 12, '0'))::uuid,
      '2026-01-01 00:00:00Z', '2026-01-01 00:00:00Z'::timestamptz + n * interval '1 microsecond'
    from generate_series(1, 25000) n
    """

  @Test func `coupons and their lag are read in pages`() async throws {
    let url = try await SharedServers.database()
    try await withEventLoop { loop in
      let pool = PostgresPool(configuration: try .patient(url: url), loop: loop)
      defer { pool.close() }
      for statement: Statement in ["create schema spillway", Self.table, Self.rows] {
        _ = try await pool.query(statement)
      }
      let reader = try await LedgerReader(url: url, loop: loop)
      defer { reader.close() }
      let found = try await reader.waitForRows(
        25_000, of: Self.campaign, deadline: .seconds(10))
      #expect(found == 25_000)
      let coupons = try await reader.coupons(of: Self.campaign)
      #expect(coupons.map(\.sequence) == Array(1...25_000))
      #expect(coupons[254].user == "U255")
      #expect(coupons[254].coupon == Identifier("01890a5d-ac96-774b-bcce-0000000000ff"))
      let lag = try await reader.lag(of: Self.campaign)
      #expect(abs(lag.median - 0.0125) < 1e-9)
      #expect(abs(lag.percentile99 - 0.02475) < 1e-9)
      #expect(abs(lag.longest - 0.025) < 1e-9)
      let other = try await reader.lag(of: Identifier(high: 1, low: 1))
      #expect(other == LedgerReader.Lag(median: 0, percentile99: 0, longest: 0))
      let none = try await reader.waitForRows(
        1, of: Identifier(high: 1, low: 1), deadline: .milliseconds(30))
      #expect(none == 0)
    }
  }

  @Test func `a ledger that cannot be reached is an error`() async throws {
    try await withEventLoop { loop in
      let error = await #expect(throws: ScenarioError.self) {
        _ = try await LedgerReader(url: "nonsense nonsense", loop: loop)
      }
      #expect(error?.description.contains("cannot reach the ledger") == true)
    }
  }
}
