public import Domain
internal import Postgres

/// What the ledger knows of a cell.
public struct CellRecord: Sendable, Equatable {
  public let cell: CellName
  public let tenant: TenantID
  /// Counts the leases that the ledger has vouched for.
  public let epoch: Int
  /// The Redis server that the ledger has vouched for; `nil` before the first time.
  public let runID: String?
  /// Why the cell is closed; `nil` while it is open under epoch and run id.
  public let closedBecause: String?
  /// A fact contradicted the ledger or facts are missing: open it only after all its facts are taken.
  public let isHalted: Bool
  /// The two halves of the last stream id whose facts are in the ledger.
  public let cursor: Cursor
  /// The reconciler that may move the cursor, unless its time is over.
  public let reconciler: String?
  /// When its time is over, by the ledger's clock; `nil` when nobody ever held the cell or its holder
  /// gave it up.
  public let reconcilerUntil: Instant?

  /// The id of a stream entry in two numbers.
  public struct Cursor: Sendable, Hashable {
    public let milliseconds: Int
    public let sequence: Int

    public init(milliseconds: Int, sequence: Int) {
      self.milliseconds = milliseconds
      self.sequence = sequence
    }
  }
}

extension CellRecord {
  static let columns = """
    cell, tenant_id, epoch, run_id, closed_because, halted, cursor_milliseconds, cursor_sequence, \
    reconciler, nullif(reconciler_until, '-infinity') as reconciler_until
    """

  init(_ row: PostgresRow) throws(PostgresError) {
    guard let cell = CellName(try row.decode("cell", as: String.self)),
      let tenant = TenantID(try row.decode("tenant_id", as: String.self))
    else { throw .decoding(column: "cell", reason: "holds a name that no version wrote") }
    self.cell = cell
    self.tenant = tenant
    epoch = try row.decode("epoch")
    runID = try row.decode("run_id")
    closedBecause = try row.decode("closed_because")
    isHalted = try row.decode("halted")
    cursor = Cursor(
      milliseconds: try row.decode("cursor_milliseconds"),
      sequence: try row.decode("cursor_sequence"))
    reconciler = try row.decode("reconciler")
    reconcilerUntil = try row.decode("reconciler_until", as: PostgresTimestamp?.self)
      .map(Instant.init)
  }
}
