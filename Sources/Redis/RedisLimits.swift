/// The bounds of this layer that no configuration changes.
enum RedisLimits {
  /// Bytes of one reply that has not arrived in full.
  static let replyBytes = 64 << 20
  /// Elements of one reply, those of nested arrays included.
  static let replyElements = 1 << 22
  /// Bytes written but not yet taken by the kernel; more calls are refused until it drains.
  static let unsentBytes = 16 << 20
  /// Memory that a connection's reader keeps between replies.
  static let idleReaderBytes = 256 << 10
  /// Milliseconds between two looks at the time-outs of pending calls.
  static let sweepInterval: UInt64 = 20
  /// Milliseconds that a timer may be late; beyond, this process itself was away.
  static let pause: UInt64 = 80
  /// The first and the longest mean pause between two attempts to connect.
  static let backoff = (shortest: Duration.milliseconds(50), longest: Duration.seconds(1))
  /// How often a call may be sent again because a server said that it does not serve it.
  static let redirects = 8
  /// Milliseconds before a call is sent again that nobody served.
  static let redirectPause = 5...25
  /// The first and the longest pause between two looks at a deployment that lacks something.
  static let topologyPause = (shortest: Duration.milliseconds(50), longest: Duration.seconds(1))
  /// How often a deployment is looked at that lacks nothing.
  static let topologyInterval = Duration.seconds(10)
  /// How often a subscriber asks its server for a sign of life.
  static let subscriberPing = Duration.seconds(2)
}
