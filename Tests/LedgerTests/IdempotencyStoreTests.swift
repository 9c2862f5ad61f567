import Domain
import Postgres
import Testing

@testable import Ledger

@Suite struct IdempotencyStoreTests {
  @Test func `all records whose time is over are dropped, however many there are`() async throws {
    try await StockBench.run { bench in
      _ = try await bench.pool.query(
        """
        insert into spillway.idempotency_records (tenant_id, digest, fingerprint, response, created_at)
        select 'demo', gen_random_uuid(), gen_random_uuid(), '',
            now() - case when g <= 25 then interval '25 h' else interval '23 h' end
          from generate_series(1, 30) g
        """)
      try await IdempotencyStore(pool: bench.pool).purgeAll(batch: 10)
      #expect(try await bench.count("idempotency_records") == 5)
    }
  }
}
