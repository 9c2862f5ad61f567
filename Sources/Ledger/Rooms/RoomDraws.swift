public import Domain
public import Postgres

/// The draws that the ledger knows, for audits.
public struct RoomDraws {
  private let pool: PostgresPool

  public init(pool: PostgresPool) { self.pool = pool }

  /// One room's draw.
  public struct Record: Sendable {
    public let room: Identifier
    /// The generation of tickets that was drawn.
    public let generation: Int
    public let draw: PrequeueDraw
    public let seed: ShuffleSeed
    /// What was published before, in hexadecimal digits.
    public let commitment: String
  }

  private static let listStatement = Statement(
    "room_draws",
    """
    select room_id, generation, base, drawn, seed, encode(commitment, 'hex') as commitment
      from spillway.rooms where drawn is not null order by room_id
    """)

  /// All draws that were made and not revoked since.
  public func list() async throws(PostgresError) -> [Record] {
    try await pool.query(Self.listStatement, []).map { row throws(PostgresError) in
      guard let seed = ShuffleSeed(bytes: try row.decode("seed", as: [UInt8].self)) else {
        throw .decoding(column: "seed", reason: "is no seed")
      }
      return Record(
        room: Identifier(try row.decode("room_id", as: PostgresUUID.self)),
        generation: try row.decode("generation"),
        draw: PrequeueDraw(
          base: try row.decode("base", as: Int.self), count: try row.decode("drawn", as: Int.self)),
        seed: seed, commitment: try row.decode("commitment"))
    }
  }
}
