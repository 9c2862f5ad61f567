public import Domain
public import Postgres

/// The ledger's side of a room's admitter: who may be it, and floors of what Redis counts.
///
/// That two believe to be a room's admitter does no harm, since Redis decides each admission; the hold
/// only keeps them from doing the same work.
public struct RoomProgressStore {
  private let pool: PostgresPool

  public init(pool: PostgresPool) { self.pool = pool }

  /// A room that an admitter holds.
  public struct Held: Sendable, Equatable {
    public let room: Room
    /// Above all numbers that were given.
    public let next: Int
    /// The highest order called, at least.
    public let served: Int
    /// Visitors inside, a moment ago.
    public let inside: Int
    /// Whether nobody has admitted since that was noted: who did gave the room up, or nobody did yet. Else
    /// it was lost by somebody who may have admitted more.
    public let isExact: Bool
  }

  /// What an admitter notes of one room.
  public struct Note: Sendable {
    public let room: Identifier
    public let next: Int
    public let served: Int
    public let inside: Int
    /// The version of the terms that it knows.
    public let version: Int

    public init(room: Identifier, next: Int, served: Int, inside: Int, version: Int) {
      self.room = room
      self.next = next
      self.served = served
      self.inside = inside
      self.version = version
    }
  }

  private static let acquireStatement = Statement(
    "room_acquire",
    """
    with free as (
      select room_id, admitter_until from spillway.room_progress
       where admitter is null or admitter_until < clock_timestamp()
       order by room_id limit $3 for update skip locked
    ), held as (
      update spillway.room_progress p
         set admitter = $1,
             admitter_until = clock_timestamp() + $2::bigint * interval '1 millisecond'
        from free f
       where p.room_id = f.room_id
      returning p.room_id, p.next_number, p.served, p.inside,
        f.admitter_until = '-infinity' as is_exact
    )
    select \(RoomStore.columns), h.next_number, h.served, h.inside, h.is_exact
      from held h join spillway.rooms r using (room_id)
    """)

  /// Takes up to `limit` rooms that nobody holds, for `hold` from now.
  public func acquire(
    as admitter: String, hold: Duration, limit: Int
  ) async throws(PostgresError) -> [Held] {
    let rows = try await pool.query(
      Self.acquireStatement,
      [.text(admitter), .int8(hold.wholeMilliseconds), .int8(Int64(limit))])
    return try rows.map { row throws(PostgresError) in try Self.held(row) }
  }

  private static let renewStatement = Statement(
    "room_renew",
    """
    with held as (
      update spillway.room_progress p
         set admitter_until = clock_timestamp() + $2::bigint * interval '1 millisecond',
             next_number = greatest(p.next_number, n.next_number),
             served = greatest(p.served, n.served), inside = n.inside
        from unnest($3::uuid[], $4::bigint[], $5::bigint[], $6::bigint[], $7::bigint[])
          as n (room_id, next_number, served, inside, version)
       where p.room_id = n.room_id and p.admitter = $1
      returning p.room_id, p.next_number, p.served, p.inside, n.version
    )
    select h.room_id, h.version = r.version as is_same
      from held h join spillway.rooms r using (room_id)
    """)

  /// Holds rooms for `hold` from now and notes how far they have come.
  ///
  /// - Returns: the rooms that are still held, with whether their terms are those known.
  public func renew(
    _ notes: [Note], as admitter: String, hold: Duration
  ) async throws(PostgresError) -> [Identifier: Bool] {
    let rows = try await pool.query(
      Self.renewStatement,
      [
        .text(admitter), .int8(hold.wholeMilliseconds), .array(notes.map(\.room.uuid)),
        .array(notes.map(\.next)), .array(notes.map(\.served)), .array(notes.map(\.inside)),
        .array(notes.map(\.version)),
      ])
    var held: [Identifier: Bool] = [:]
    for row in rows {
      held[Identifier(try row.decode("room_id", as: PostgresUUID.self))] =
        try row.decode("is_same", as: Bool.self)
    }
    return held
  }

  private static let raiseStatement = Statement(
    "room_raise",
    """
    update spillway.room_progress set next_number = greatest(next_number, $2) where room_id = $1
    """)

  /// Notes before they are given that numbers up to the note's next may be.
  public func raise(_ note: Note) async throws(PostgresError) {
    _ = try await pool.query(
      Self.raiseStatement, [.uuid(note.room.uuid), .int8(Int64(note.next))])
  }

  private static let readStatement = Statement(
    "room_read",
    """
    select \(RoomStore.columns), p.next_number, p.served, p.inside,
           p.admitter_until = '-infinity' as is_exact
      from spillway.rooms r join spillway.room_progress p using (room_id)
     where room_id = $1
    """)

  /// A room as it is now; `nil` when it is gone.
  public func read(_ room: Identifier) async throws(PostgresError) -> Held? {
    let rows = try await pool.query(Self.readStatement, [.uuid(room.uuid)])
    return rows.isEmpty ? nil : try Self.held(rows[0])
  }

  private static let handOverStatement = Statement(
    "room_hand_over",
    """
    update spillway.room_progress p
       set admitter = null, admitter_until = '-infinity',
           next_number = greatest(p.next_number, n.next_number),
           served = greatest(p.served, n.served), inside = n.inside
      from unnest($2::uuid[], $3::bigint[], $4::bigint[], $5::bigint[])
        as n (room_id, next_number, served, inside)
     where p.room_id = n.room_id and p.admitter = $1
    """)

  private static let releaseStatement = Statement(
    "room_release",
    """
    update spillway.room_progress set admitter = null, admitter_until = clock_timestamp()
     where admitter = $1
    """)

  /// Gives up all rooms that the admitter holds.
  ///
  /// - Parameter notes: how far those have come that it worked on, and works on no more.
  public func release(_ notes: [Note] = [], as admitter: String) async throws(PostgresError) {
    if !notes.isEmpty {
      _ = try await pool.query(
        Self.handOverStatement,
        [
          .text(admitter), .array(notes.map(\.room.uuid)), .array(notes.map(\.next)),
          .array(notes.map(\.served)), .array(notes.map(\.inside)),
        ])
    }
    _ = try await pool.query(Self.releaseStatement, [.text(admitter)])
  }

  private static let drawStatement = Statement(
    "room_draw",
    """
    update spillway.rooms as r
       set drawn = $3, drawn_at = clock_timestamp(), version = version + 1
     where room_id = $1 and generation = $2 and drawn is null and seed is not null
    returning r.room_id
    """)

  /// Notes how many numbers take part in the draw of a room's pre-queue, once a generation.
  ///
  /// - Returns: false when it was noted before, perhaps another number.
  public func recordDraw(
    of count: Int, in room: Room
  ) async throws(PostgresError) -> Bool {
    let rows = try await pool.query(
      Self.drawStatement,
      [.uuid(room.id.uuid), .int8(Int64(room.generation)), .int8(Int64(count))])
    return !rows.isEmpty
  }

  private static func held(_ row: PostgresRow) throws(PostgresError) -> Held {
    Held(
      room: try RoomStore.record(row).room, next: try row.decode("next_number"),
      served: try row.decode("served"), inside: try row.decode("inside"),
      isExact: try row.decode("is_exact"))
  }
}
