internal import Domain
internal import Services

/// Reads rooms, and changes of them, from request bodies.
enum RoomReader {
  /// Fields that a change may name.
  static let changeable = [
    "name", "capacity", "rate_per_second", "session_seconds", "grace_seconds", "opens_at",
    "queueing", "adaptive", "target_url", "bypass",
  ]
  /// Users whose tickets one request ends.
  static let revocations = 500

  static func draft(_ fields: FieldReader) throws(APIError) -> RoomDraft {
    let shuffle = try fields.optional("prequeue_shuffle").map { field throws(APIError) in
      try field.boolean()
    }
    let terms = RoomTerms(
      capacity: try fields.required("capacity").integer(in: RoomTerms.Bounds.capacity),
      ratePerSecond: try fields.required("rate_per_second").integer(
        in: RoomTerms.Bounds.ratePerSecond),
      sessionSeconds: try fields.required("session_seconds").integer(
        in: RoomTerms.Bounds.sessionSeconds),
      graceSeconds: try fields.required("grace_seconds").integer(
        in: RoomTerms.Bounds.graceSeconds),
      opensAt: try fields.optional("opens_at")?.instant(), prequeueShuffle: shuffle ?? false,
      queueing: try fields.optional("queueing")?.choice() ?? .fifo,
      adaptive: try fields.optional("adaptive").map { field throws(APIError) in
        try adaptive(field)
      })
    return RoomDraft(
      name: try name(fields.required("name")), terms: terms,
      target: try fields.optional("target_url").map { field throws(APIError) in
        try target(field)
      },
      bypass: try fields.optional("bypass").map { field throws(APIError) in
        try users(field, limit: RoomTerms.Bounds.bypass)
      } ?? [])
  }

  static func change(_ fields: FieldReader) throws(APIError) -> RoomChange {
    if let field = fields.optional("prequeue_shuffle") {
      throw field.refusal("cannot be changed; make another room")
    }
    guard fields.hasAny(of: changeable) else {
      throw .invalid("body", "must name a field that can be changed")
    }
    var change = RoomChange()
    if let field = try fields.present("name") { change.name = try name(field) }
    change.capacity = try fields.present("capacity")?.integer(in: RoomTerms.Bounds.capacity)
    change.ratePerSecond = try fields.present("rate_per_second")?.integer(
      in: RoomTerms.Bounds.ratePerSecond)
    change.sessionSeconds = try fields.present("session_seconds")?.integer(
      in: RoomTerms.Bounds.sessionSeconds)
    change.graceSeconds = try fields.present("grace_seconds")?.integer(
      in: RoomTerms.Bounds.graceSeconds)
    change.queueing = try fields.present("queueing")?.choice()
    switch fields.change("opens_at") {
    case .absent: break
    case .null: change.opensAt = .remove
    case .value(let field): change.opensAt = .set(try field.instant())
    }
    switch fields.change("adaptive") {
    case .absent: break
    case .null: change.adaptive = .remove
    case .value(let field): change.adaptive = .set(try adaptive(field))
    }
    switch fields.change("target_url") {
    case .absent: break
    case .null: change.target = .remove
    case .value(let field): change.target = .set(try target(field))
    }
    switch fields.change("bypass") {
    case .absent: break
    case .null: change.bypass = []
    case .value(let field): change.bypass = try users(field, limit: RoomTerms.Bounds.bypass)
    }
    return change
  }

  // MARK: Revocations

  /// Whether all tickets shall end. Exactly one thing must be asked for.
  static func revokesAll(_ fields: FieldReader) throws(APIError) -> Bool {
    let named = ["all", "users", "ticket"].filter { fields.optional($0) != nil }
    guard named.count == 1 else {
      throw .invalid("body", "must name one of: all, users, ticket")
    }
    guard let all = fields.optional("all") else { return false }
    guard try all.boolean() else { throw all.refusal("must be true") }
    return true
  }

  static func users(_ fields: FieldReader) throws(APIError) -> Set<UserID> {
    guard let field = fields.optional("users") else { return [] }
    return try users(field, limit: revocations)
  }

  static func ticket(_ fields: FieldReader) throws(APIError) -> String? {
    try fields.optional("ticket")?.text(length: 1...200)
  }

  // MARK: Parts

  private static func name(_ field: Field) throws(APIError) -> String {
    try field.text(length: RoomTerms.Bounds.nameLength)
  }

  private static func target(_ field: Field) throws(APIError) -> WaitingTarget {
    guard let text = field.value.string, let target = WaitingTarget(configured: text) else {
      throw field.refusal("must be a path such as /sale, or an https or http address")
    }
    return target
  }

  private static func users(_ field: Field, limit: Int) throws(APIError) -> Set<UserID> {
    var users: Set<UserID> = []
    for element in try field.list(limit: limit) {
      guard let user = element.value.string.flatMap({ UserID($0) }) else {
        throw element.refusal("must be the id of a user")
      }
      users.insert(user)
    }
    return users
  }

  private static func adaptive(_ field: Field) throws(APIError) -> AdaptiveRate {
    let fields = try field.object()
    return AdaptiveRate(
      minimumPerSecond: try fields.required("min_rate_per_second").integer(
        in: RoomTerms.Bounds.ratePerSecond),
      maximumP95Milliseconds: try fields.required("max_p95_ms").integer(
        in: AdaptiveRate.Bounds.maximumP95Milliseconds),
      maximumErrorPermille: try fields.required("max_error_permille").integer(
        in: AdaptiveRate.Bounds.maximumErrorPermille))
  }
}

extension Field {
  /// True or false.
  func boolean() throws(APIError) -> Bool {
    guard case .bool(let bool) = value else { throw refusal("must be true or false") }
    return bool
  }
}
