public import Domain
public import Postgres

/// Waiting rooms as an operator writes and reads them.
public struct RoomStore {
  let pool: PostgresPool

  public init(pool: PostgresPool) { self.pool = pool }

  /// A room with what the ledger knows beside its terms.
  public struct Record: Sendable, Equatable {
    public let room: Room
    public let createdAt: Instant
    public let updatedAt: Instant
  }

  /// Adds a room. Its secrets hold one.
  public func insert(_ room: Room, by user: UserID) async throws(PostgresError) -> Record {
    let rows = try await pool.query(
      Self.insertStatement,
      [.text(room.tenant.description), .uuid(room.id.uuid)]
        + Self.terms(
          room,
          adding: [
            .bool(room.terms.prequeueShuffle)
          ], at: 6) + [
          .bytea(room.secrets[0]), room.lot.map { .bytea($0.seed.bytes) } ?? .null(.bytea),
          .text(user.description),
        ])
    return try Self.record(rows[0])
  }

  /// Replaces what may be changed of a room, if `expected` is still its version.
  ///
  /// - Returns: the record, or `nil` when the room was changed meanwhile.
  public func update(_ room: Room, expected: Int) async throws(PostgresError) -> Record? {
    let rows = try await pool.query(
      Self.updateStatement,
      [.text(room.tenant.description), .uuid(room.id.uuid), .int8(Int64(expected))]
        + Self.terms(room))
    return rows.isEmpty ? nil : try Self.record(rows[0])
  }

  /// Begins a new generation of a room: all its tickets and admissions are void.
  ///
  /// - Parameter seed: of the new generation's lot, where the room has one.
  /// - Returns: the record, or `nil` when the tenant has no such room.
  public func revokeAll(
    _ id: Identifier, of tenant: TenantID, seed: ShuffleSeed?
  ) async throws(PostgresError) -> Record? {
    let rows = try await pool.query(
      Self.revokeStatement,
      [
        .text(tenant.description), .uuid(id.uuid),
        seed.map { .bytea($0.bytes) } ?? .null(.bytea),
      ])
    return rows.isEmpty ? nil : try Self.record(rows[0])
  }

  /// One room of a tenant; `nil` when the tenant has none of this id.
  public func find(_ id: Identifier, of tenant: TenantID) async throws(PostgresError) -> Record? {
    let rows = try await pool.query(
      Self.findStatement, [.text(tenant.description), .uuid(id.uuid)])
    return rows.isEmpty ? nil : try Self.record(rows[0])
  }

  /// A tenant's rooms, newest first, before the room `cursor`.
  public func list(
    of tenant: TenantID, before cursor: Identifier?, limit: Int
  ) async throws(PostgresError) -> [Record] {
    let rows = try await pool.query(
      Self.listStatement,
      [.text(tenant.description), .uuid((cursor ?? .last).uuid), .int8(Int64(limit))])
    return try rows.map { row throws(PostgresError) in try Self.record(row) }
  }

  /// Whether the tenant has the room.
  public func exists(_ id: Identifier, of tenant: TenantID) async throws(PostgresError) -> Bool {
    let rows = try await pool.query(
      Self.existsStatement, [.text(tenant.description), .uuid(id.uuid)])
    return !rows.isEmpty
  }

  // MARK: Rows

  /// What a change may name, in the order of the statements; `extra` goes in front of the part at `index`.
  private static func terms(
    _ room: Room, adding extra: [PostgresValue] = [], at index: Int = 0
  ) -> [PostgresValue] {
    let terms = room.terms
    var values: [PostgresValue] = [
      .text(room.name), .int8(Int64(terms.capacity)), .int8(Int64(terms.ratePerSecond)),
      .int8(Int64(terms.sessionSeconds)), .int8(Int64(terms.graceSeconds)),
      .optional(terms.opensAt?.timestamp), .text(terms.queueing.rawValue),
      terms.adaptive.map { .jsonb(AdaptiveRateDocument.encode($0)) } ?? .null(.jsonb),
      .optional(room.target?.text), .array(room.bypass.map(\.description).sorted()),
    ]
    values.insert(contentsOf: extra, at: index)
    return values
  }

  static func record(_ row: PostgresRow) throws(PostgresError) -> Record {
    guard let tenant = TenantID(try row.decode("tenant_id", as: String.self)),
      let queueing = Queueing(rawValue: try row.decode("queueing", as: String.self))
    else { throw .decoding(column: "rooms", reason: "holds a row that no version wrote") }
    let base = try row.decode("base", as: Int.self)
    let adaptive = try row.decode("adaptive_rate", as: String?.self)
    let room = Room(
      id: Identifier(try row.decode("room_id", as: PostgresUUID.self)), tenant: tenant,
      name: try row.decode("name"),
      terms: RoomTerms(
        capacity: try row.decode("capacity"), ratePerSecond: try row.decode("rate_per_second"),
        sessionSeconds: try row.decode("session_seconds"),
        graceSeconds: try row.decode("grace_seconds"),
        opensAt: try row.decode("opens_at", as: PostgresTimestamp?.self).map(Instant.init),
        prequeueShuffle: try row.decode("prequeue_shuffle"), queueing: queueing,
        adaptive: adaptive.flatMap(AdaptiveRateDocument.read)),
      target: try row.decode("target", as: String?.self).flatMap {
        WaitingTarget(configured: $0)
      },
      bypass: Set(try row.decode("bypass", as: [String].self).compactMap { UserID($0) }),
      generation: try row.decode("generation"), base: base,
      secrets: try row.decode("secrets", as: [[UInt8]].self),
      lot: try row.decode("seed", as: [UInt8]?.self).flatMap { ShuffleSeed(bytes: $0) }.map {
        seed throws(PostgresError) in
        PrequeueLot(
          seed: seed,
          draw: try row.decode("drawn", as: Int?.self).map { PrequeueDraw(base: base, count: $0) })
      },
      version: try row.decode("version"))
    return Record(
      room: room, createdAt: Instant(try row.decode("created_at", as: PostgresTimestamp.self)),
      updatedAt: Instant(try row.decode("updated_at", as: PostgresTimestamp.self)))
  }
}
