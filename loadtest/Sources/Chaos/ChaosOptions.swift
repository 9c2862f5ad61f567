internal import Embedded
internal import Foundation

/// The options of `spillway-loadtest chaos`.
struct ChaosOptions: Sendable, Equatable {
  var seed: UInt64
  var rounds: Int
  /// API processes.
  var processes: Int
  var crowds: ChaosCrowds
  /// How long the crowd comes in each round.
  var roundLength: Duration
  /// Users who ask at once.
  var clients: Int
  /// How long Redis may take to be whole again after a wipe, when nothing else is struck.
  var reopeningLimit: Duration
  /// Users who order, and the pieces that there are for them, where chance does not say.
  var flashSale: FlashSale?
  /// When Redis makes writes durable; with `everysec` it also loses what it wrote in its last moments.
  var fsync: RedisServer.Fsync
  /// Replicas of Redis that must have a hot claim or order before it is answered, and that take Redis' place.
  var replicas: Int
  /// A promise to be broken on purpose in each round; nil to break none.
  var breach: DeliberateBreach?
  /// Where everything is kept; nil for a temporary folder.
  var directory: String?
  /// The files that the run is told in, as Markdown and as JSON.
  var output: String?
  var json: String?
  /// The command line behind `chaos`.
  var command: [String]

  /// One sale of a round, with so many users and pieces.
  struct FlashSale: Equatable, Sendable {
    let buyers: Int
    let pieces: Int
  }

  /// Two, so that one can take over from the other.
  static let reconcilers = 2

  static let options: [CommandArguments.Option] = [
    .init("seed", "S", "what all chance follows from (a random one, which is printed)"),
    .init("rounds", "N", "rounds of faults (20)"),
    .init("processes", "N", "API processes (2)"),
    .init("scenario", "WHICH", "what the crowd does: claim, order, both or shop (both)"),
    .init("seconds", "S", "how long the crowd comes in a round (6)"),
    .init("clients", "N", "users who ask at once (32)"),
    .init("buyers", "N", "users of a single sale in place of several of chance"),
    .init("pieces", "N", "its pieces, in three SKUs (1000)"),
    .init("reopening", "S", "how long cells may be closed after a wipe alone (5)"),
    .init(
      "fsync", "POLICY",
      "Redis' appendfsync: always, or everysec, where it also loses its power (always)"),
    .init(
      "replica-acks", "N",
      "replicas that Redis has, that hot answers wait for and that take its place (0)"),
    .init(
      "breach", "WHICH",
      "break a promise on purpose, to see it found: double-claim, lost-fact or leaked-reservation"),
    .init("directory", "DIR", "keep data and logs here instead of a temporary folder"),
    .init("output", "FILE", "also write a page of Markdown, anew after each round"),
    .init("json", "FILE", "and the same as JSON"),
  ]

  /// - Throws: `UsageError` naming the option that is wrong.
  init(_ words: [String]) throws(UsageError) {
    let arguments = try CommandArguments(words, options: Self.options)
    if let word = arguments.positional.first { throw UsageError("unexpected \(word)") }
    seed = UInt64.random(in: 0...UInt64(UInt32.max))
    if let text = arguments["seed"] {
      guard let number = UInt64(text) else { throw UsageError("--seed must be a whole number") }
      seed = number
    }
    rounds = try arguments.integer("rounds", in: 1...100_000) ?? 20
    processes = try arguments.integer("processes", in: 1...16) ?? 2
    clients = try arguments.integer("clients", in: 1...1000) ?? 32
    let name = arguments["scenario"] ?? ChaosCrowds.both.rawValue
    guard let chosen = ChaosCrowds(rawValue: name) else {
      throw UsageError("--scenario must be claim, order, both or shop")
    }
    crowds = chosen
    let pieces = try arguments.integer("pieces", in: 3...1_000_000)
    flashSale = try arguments.integer("buyers", in: 1...1_000_000).map {
      FlashSale(buyers: $0, pieces: pieces ?? 1000)
    }
    if pieces != nil, flashSale == nil { throw UsageError("--pieces needs --buyers") }
    let seconds = try arguments.number("seconds", in: 1...600) ?? 6
    roundLength = .milliseconds(Int64(seconds * 1000))
    reopeningLimit = .seconds(try arguments.integer("reopening", in: 1...600) ?? 5)
    fsync = .always
    if let name = arguments["fsync"] {
      guard let chosen = RedisServer.Fsync(rawValue: name), chosen != .never else {
        throw UsageError("--fsync must be always or everysec")
      }
      fsync = chosen
    }
    replicas = try arguments.integer("replica-acks", in: 0...3) ?? 0
    breach = nil
    if let name = arguments["breach"] {
      guard let chosen = DeliberateBreach(rawValue: name) else {
        throw UsageError("--breach must be double-claim, lost-fact or leaked-reservation")
      }
      breach = chosen
    }
    directory = arguments["directory"].map { URL(fileURLWithPath: $0).standardizedFileURL.path }
    output = arguments["output"]
    json = arguments["json"]
    command = words
  }
}
