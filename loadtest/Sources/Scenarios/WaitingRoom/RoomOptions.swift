internal import Domain

/// The options of the waiting-room scenario beside those that all share.
struct RoomOptions: Sendable {
  var visitors: Int
  var capacity: Int
  /// Admissions a second.
  var admissions: Int
  var sessionSeconds: Int
  var graceSeconds: Int
  var behaviour: VisitorPlan.Behaviour
  /// Seconds; nil to reckon it from places and rate.
  var limit: Double?
  var seed: UInt64
  var tokens: TokenOptions

  /// The room that the run makes.
  var wish: RoomWish {
    RoomWish(
      capacity: capacity, admissions: admissions, sessionSeconds: sessionSeconds,
      graceSeconds: graceSeconds)
  }

  static let defaultCapacity = 500
  static let defaultAdmissions = 100
  static let defaultSessionSeconds = 20
  static let defaultGraceSeconds = 30
  static let defaultInside = 4_000
  static let defaultPatience = 30_000

  static let options: [CommandArguments.Option] =
    [
      .init("capacity", "N", "visitors inside at once (500)"),
      .init("admissions", "N", "admissions a second (100)"),
      .init("session", "S", "seconds that an admission lasts (20)"),
      .init("grace", "S", "seconds that a ticket lives without a poll (30)"),
      .init("leave", "PERCENT", "visitors who leave while they wait (10)"),
      .init("lapse", "PERCENT", "visitors who fall silent, half of whom come back later (10)"),
      .init("stay", "PERCENT", "admitted visitors who never say that they are done (10)"),
      .init("reload", "PERCENT", "polls in place of which the page is loaded anew (5)"),
      .init("inside", "MS", "the longest that visitors are inside, in milliseconds (4000)"),
      .init("patience", "MS", "the longest that those who leave or lapse wait before (30000)"),
      .init("limit", "S", "seconds after which who still waits starves (by places and rate)"),
      .init("seed", "N", "what the visitors' behaviour follows from (1)"),
    ] + TokenOptions.options

  /// - Throws: `UsageError` naming the option that is wrong.
  init(_ arguments: CommandArguments, load: LoadOptions) throws(UsageError) {
    visitors = load.requests
    capacity =
      try arguments.integer("capacity", in: 1...1_000_000) ?? Self.defaultCapacity
    admissions =
      try arguments.integer("admissions", in: 1...100_000)
      ?? Self.defaultAdmissions
    sessionSeconds =
      try arguments.integer("session", in: 1...86_400)
      ?? Self.defaultSessionSeconds
    graceSeconds =
      try arguments.integer("grace", in: 1...3_600)
      ?? Self.defaultGraceSeconds
    func share(_ name: String, _ percent: Int) throws(UsageError) -> Double {
      Double(try arguments.integer(name, in: 0...100) ?? percent) / 100
    }
    behaviour = VisitorPlan.Behaviour(
      leave: try share("leave", 10), lapse: try share("lapse", 10), stay: try share("stay", 10),
      reload: try share("reload", 5),
      inside: try arguments.integer("inside", in: 1...3_600_000) ?? Self.defaultInside,
      patience: try arguments.integer("patience", in: 1...3_600_000) ?? Self.defaultPatience)
    guard behaviour.leave + behaviour.lapse <= 1 else {
      throw UsageError("--leave and --lapse must not exceed 100 together")
    }
    limit = try arguments.number("limit", in: LoadOptions.lengths)
    seed = UInt64(try arguments.integer("seed", in: 0...Int.max) ?? 1)
    tokens = try TokenOptions(arguments)
    guard tokens.canAdminister else {
      throw UsageError("give --data DIR or --admin-token FILE: the run makes a room")
    }
  }
}
