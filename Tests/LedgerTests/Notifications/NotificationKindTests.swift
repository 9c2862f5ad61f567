import Domain
import Testing

@testable import Ledger

/// The words that the SQL puts into the outbox, and those that users are told.
@Suite struct NotificationKindTests {
  /// The kinds that the inserts of a text name, one set for each insert.
  private static func kinds(in sql: String) -> [Set<String>] {
    let table = "insert into spillway.outbox_events"
    return sql.split(separator: table, omittingEmptySubsequences: false).dropFirst().map { rest in
      // Up to the end of the statement, or to another table that is written to in it.
      let statement = rest.prefix { $0 != ";" }
      let insert = statement.split(separator: "insert into", maxSplits: 1).first ?? ""
      return Set(insert.matches(of: /'([a-z_]+\.[a-z_.]+)'/).map { String($0.1) })
    }
  }

  @Test func `every kind of event is told to users in both languages, or expressly to none`() {
    let inserts = Migration.embedded.map(\.sql).flatMap(Self.kinds)
    #expect(inserts.count >= 20)
    #expect(inserts.allSatisfy { !$0.isEmpty }, "an event whose kind stands elsewhere")
    let written = inserts.reduce(into: Set()) { $0.formUnion($1) }
    #expect(written.isSuperset(of: ["order.paid", "order.cancelled", "order.refunded"]))
    let told = Set(NotificationKind.allCases.map(\.rawValue))
    #expect(written.subtracting(NotificationKind.notForUsers).subtracting(told) == [])
    #expect(NotificationKind.notForUsers.isSubset(of: written))
    #expect(NotificationKind.notForUsers.isDisjoint(with: told))
  }

  @Test func `a new kind is found wherever its statement stands`() {
    let sql = """
      with a as (insert into spillway.outbox_events (kind) select 'order.lost' from f), b as (
        insert into spillway.cell_commands (kind) values ('order.commit'))
      select 1;
      insert into spillway.outbox_events (kind, payload)
      values (case when x then 'wallet.found' else 'wallet.lost' end, jsonb_build_object('a', 1));
      select 'not.told';
      """
    #expect(Self.kinds(in: sql) == [["order.lost"], ["wallet.found", "wallet.lost"]])
  }
}
