/// The options that every scenario shares: how much load, on what, and what is expected of it.
struct LoadOptions: Sendable {
  var target: Target
  var requests: Int
  var shape: ArrivalSchedule.Shape
  var rate: Double
  var connections: Int
  var threads: Int
  var requestTimeout: Duration
  /// Clients that wait for their answers, in place of the schedule.
  var closed: ClosedLoop?
  var objectives: Objectives
  var reports: ReportFiles

  static let defaultUsers = 20_000
  static let defaultSeconds = 10.0
  static let defaultConnections = 256
  static let maximumConnections = 50_000
  static let maximumUsers = 10_000_000
  /// Of arrivals a second, of a run in seconds, of an answer in seconds: whatever follows from them fits into
  /// nanoseconds and whole numbers.
  static let rates = 0.01...1e8
  static let lengths = 0.001...1e7
  static let timeouts = 0.001...86_400.0

  static let options: [CommandArguments.Option] =
    [
      .init("url", "URL", "the server, as http://127.0.0.1:8080 (an instance of its own)"),
      .init("host", "NAME", "the Host to ask for, when it is not the URL's"),
      .init("users", "N", "users that take part (20000, or rate times seconds)"),
      .init("rate", "R", "arrivals a second (users over seconds)"),
      .init("seconds", "S", "length of the run (10)"),
      .init(
        "profile", "PROFILE",
        "arrivals: steady, ramp (from none to twice the rate) or burst (steady)"),
      .init("shape", "PROFILE", "the same, by its older name"),
      .init("closed", "N", "closed loop: N clients, each of which waits for its answers"),
      .init("connections", "C", "keep-alive connections (256, or those of --closed)"),
      .init("threads", "T", "event loops that send (1)"),
      .init("timeout", "S", "seconds that one answer may take (10)"),
    ] + Objectives.options + ReportFiles.options

  /// - Throws: `UsageError` naming the option that is wrong.
  init(_ arguments: CommandArguments) throws(UsageError) {
    guard let url = arguments["url"] else { throw UsageError("--url is missing") }
    guard let target = Target(url: url, host: arguments["host"]) else {
      throw UsageError("--url must be http://HOST[:PORT]")
    }
    self.target = target
    let users = try arguments.integer("users", in: 1...Self.maximumUsers)
    let seconds = try arguments.number("seconds", in: Self.lengths)
    let rate = try arguments.number("rate", in: Self.rates)
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
    let profile = try Self.profile(arguments)
    closed = try arguments.integer("closed", in: 1...Self.maximumConnections).map {
      ClosedLoop(clients: $0, lastStart: seconds.map { UInt64($0 * 1e9) } ?? .max)
    }
    // Whoever waits for an answer has no schedule: the next request is due when there is a client for it.
    shape = closed == nil ? profile : .burst
    let threads = try arguments.integer("threads", in: 1...64) ?? 1
    self.threads = threads
    connections = max(
      threads,
      try arguments.integer("connections", in: 1...Self.maximumConnections)
        ?? closed?.clients ?? Self.defaultConnections)
    let timeout = try arguments.number("timeout", in: Self.timeouts) ?? 10
    requestTimeout = .milliseconds(Int64(1000 * timeout))
    objectives = try Objectives(arguments)
    reports = try ReportFiles(arguments)
  }

  private static func profile(
    _ arguments: CommandArguments
  ) throws(UsageError) -> ArrivalSchedule.Shape {
    let name = arguments["profile"] ?? arguments["shape"]
    guard let name else { return .steady }
    guard let shape = ArrivalSchedule.Shape(name: name) else {
      throw UsageError("--profile must be steady, ramp or burst")
    }
    guard !arguments.has("closed") else {
      throw UsageError("--profile is about an open loop, --closed has none")
    }
    return shape
  }
}
