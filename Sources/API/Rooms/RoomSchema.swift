internal import Domain

/// The forms of rooms in requests and answers.
enum RoomSchema {
  static let draft = Schema.object([
    .required("name", name), .required("capacity", capacity), .required("rate_per_second", rate),
    .required("session_seconds", session), .required("grace_seconds", grace),
    .optional("opens_at", opensAt.nullable), .optional("prequeue_shuffle", shuffle),
    .optional("queueing", queueing), .optional("adaptive", adaptive.nullable),
    .optional("target_url", target.nullable), .optional("bypass", bypass),
  ]).named("RoomDraft")

  static let change = Schema.object([
    .optional("name", name), .optional("capacity", capacity), .optional("rate_per_second", rate),
    .optional("session_seconds", session), .optional("grace_seconds", grace),
    .optional("opens_at", opensAt.nullable), .optional("queueing", queueing),
    .optional("adaptive", adaptive.nullable), .optional("target_url", target.nullable),
    .optional("bypass", bypass.nullable),
  ]).named("RoomChange")

  static let room = Schema.object([
    .required("room_id", .identifier), .required("name", name), .required("capacity", capacity),
    .required("rate_per_second", rate), .required("session_seconds", session),
    .required("grace_seconds", grace), .required("opens_at", opensAt.nullable),
    .required("prequeue_shuffle", shuffle), .required("queueing", queueing),
    .required("adaptive", adaptive.nullable), .required("target_url", target.nullable),
    .required("bypass", bypass),
    .required("generation", Schema.integer.described("Counts the times that all was revoked.")),
    .required("prequeue", prequeue.nullable),
    .optional("state", state.nullable.described("How the room does; null when nobody admits.")),
    .required("version", Schema.integer.described("Counts the changes.")),
    .required("created_at", .instant), .required("updated_at", .instant),
  ]).named("Room")

  static let revocation = Schema.object([
    .optional("all", Schema.boolean.described("True: all tickets and admissions.")),
    .optional(
      "users", .list(of: .text(1...UserID.maximumCount), limit: RoomReader.revocations)),
    .optional("ticket", .string),
  ]).named("RoomRevocation")

  static let revoked = Schema.object([
    .required("revoked", Schema.integer.nullable.described("Null when all were.")),
    .required("generation", .integer),
  ]).named("RoomRevoked")

  // MARK: Parts

  private static let name = Schema.text(RoomTerms.Bounds.nameLength)
  private static let capacity = Schema.integer(RoomTerms.Bounds.capacity).described(
    "Visitors inside at once.")
  private static let rate = Schema.integer(RoomTerms.Bounds.ratePerSecond).described(
    "Visitors admitted in any one second, at most.")
  private static let session = Schema.integer(RoomTerms.Bounds.sessionSeconds).described(
    "How long an admission lasts once it was seen.")
  private static let grace = Schema.integer(RoomTerms.Bounds.graceSeconds).described(
    "How long a ticket lives without a poll, and an admission waits to be seen.")
  private static let opensAt = Schema.instant.described("Before this nobody is admitted.")
  private static let shuffle = Schema.boolean.described(
    "Whether those who come before the opening are put in an order drawn by lot.")
  private static let queueing = Schema.oneOf(Queueing.self).described(
    "fifo: by arrival; random: by lot; passthrough: all at once; reject: nobody.")
  private static let target = Schema.text(1...WaitingTarget.maximumCount).described(
    "Where admitted visitors go on to: a path, or an address.")
  private static let bypass = Schema.list(
    of: .text(1...UserID.maximumCount), limit: RoomTerms.Bounds.bypass
  ).described("Users who pass without waiting.")

  private static let adaptive = Schema.object([
    .required("min_rate_per_second", .integer(RoomTerms.Bounds.ratePerSecond)),
    .required("max_p95_ms", .integer(AdaptiveRate.Bounds.maximumP95Milliseconds)),
    .required("max_error_permille", .integer(AdaptiveRate.Bounds.maximumErrorPermille)),
  ]).named("AdaptiveRate")

  private static let prequeue = Schema.object([
    .required("commitment", Schema.string.described("SHA-256 of the seed, in hexadecimal digits.")),
    .required(
      "seed",
      Schema.string.nullable.described("In hexadecimal digits; null before the draw.")),
    .required("base", Schema.integer.nullable.described("Below the first number that took part.")),
    .required("count", Schema.integer.nullable.described("Numbers that took part.")),
  ]).named("Prequeue")

  private static let state = Schema.object([
    .required("waiting", .integer), .required("inside", .integer), .required("served", .integer),
    .required("is_open", .boolean), .required("rate_per_second", .number),
    .required("pace_per_second", .number),
  ]).named("RoomState")
}
