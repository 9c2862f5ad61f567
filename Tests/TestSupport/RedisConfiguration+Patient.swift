public import Redis

extension RedisConfiguration {
  /// For tests of what a server answers, not of how long somebody waits for that: a machine may stand still
  /// for seconds. Who asks by HTTP waits somewhat longer than a command.
  public static func patient(url: String) throws -> RedisConfiguration {
    try RedisConfiguration(url: url).patient
  }

  /// The same with time-outs that no stall of the machine reaches.
  public var patient: RedisConfiguration {
    var copy = self
    copy.connectTimeout = .seconds(10)
    copy.commandTimeout = .seconds(20)
    return copy
  }
}
