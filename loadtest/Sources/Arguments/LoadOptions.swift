/// The options that every scenario shares: how much load, on what, and what is expected of it.
struct LoadOptions: Sendable {
  var target: Target
  var requests: Int
  var shape: ArrivalSchedule.Shape
  var rate: Double
  var connections: Int
  var threads: Int
  var requestTimeout: Duration
  /// A missed objective ends the program with status 1: the longest P99 in nanoseconds.
  var longestP99: UInt64?
  /// The share of requests that may fail, in percent, before the run counts as failed.
  var toleratedFailures: Double
  var jsonPath: String?

  static let defaultUsers = 20_000
  static let defaultSeconds = 10.0
  static let defaultConnections = 256
  static let maximumConnections = 50_000
  static let maximumUsers = 10_000_000

  static let options: [CommandArguments.Option] = [
    .init("url", "URL", "the server, for example http://127.0.0.1:8080"),
    .init("host", "NAME", "the Host to ask for, when it is not the URL's"),
    .init("users", "N", "users that take part (20000, or rate times seconds)"),
    .init("rate", "R", "arrivals a second (users over seconds)"),
    .init("seconds", "S", "length of the run (10)"),
    .init("shape", "SHAPE", "constant, ramp or burst arrivals (constant)"),
    .init("connections", "C", "keep-alive connections (256)"),
    .init("threads", "T", "event loops that send (1)"),
    .init("timeout", "S", "seconds that one answer may take (10)"),
    .init("objective-p99", "MS", "fail when P99 is above this many milliseconds"),
    .init("objective-failures", "PERCENT", "fail when more requests than this fail (0)"),
    .init("json", "FILE", "also write the result as JSON"),
  ]

  /// - Throws: `UsageError` naming the option that is wrong.
  init(_ arguments: CommandArguments) throws(UsageError) {
    guard let url = arguments["url"] else { throw UsageError("--url is missing") }
    guard let target = Target(url: url, host: arguments["host"]) else {
      throw UsageError("--url must be http://HOST[:PORT]")
    }
    self.target = target
    let users = try arguments.integer("users", in: 1...Self.maximumUsers)
    let seconds = try arguments.positiveNumber("seconds")
    let rate = try arguments.positiveNumber("rate")
    switch (users, rate, seconds) {
    case (let users?, let rate?, let seconds?):
      // The run ends with whichever comes first: the last user or the last second.
      requests = min(users, max(1, Int(rate * seconds)))
      self.rate = rate
    case (nil, let rate?, let seconds):
      requests = min(Self.maximumUsers, max(1, Int(rate * (seconds ?? Self.defaultSeconds))))
      self.rate = rate
    case (let users, let rate, let seconds):
      requests = users ?? Self.defaultUsers
      self.rate = rate ?? Double(requests) / (seconds ?? Self.defaultSeconds)
    }
    guard let shape = ArrivalSchedule.Shape(rawValue: arguments["shape"] ?? "constant") else {
      throw UsageError("--shape must be constant, ramp or burst")
    }
    self.shape = shape
    let threads = try arguments.integer("threads", in: 1...64) ?? 1
    self.threads = threads
    connections = max(
      threads,
      try arguments.integer("connections", in: 1...Self.maximumConnections)
        ?? Self.defaultConnections)
    requestTimeout = .milliseconds(Int64(1000 * (try arguments.positiveNumber("timeout") ?? 10)))
    longestP99 = try arguments.positiveNumber("objective-p99").map { UInt64($0 * 1e6) }
    toleratedFailures = try arguments.positiveNumber("objective-failures") ?? 0
    jsonPath = arguments["json"]
  }
}
