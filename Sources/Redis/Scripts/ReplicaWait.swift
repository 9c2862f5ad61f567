internal import EventLoop

/// How many replicas must have what a script wrote before it counts as done, and how long they may take.
///
/// `WAIT` behind the script's call on the same connection: the server waits until that many replicas have
/// all that it had executed by then, whoever asked for it, and tells how many do.
public struct ReplicaWait: Sendable, Equatable {
  /// At least 1.
  public let replicas: Int
  /// At least a millisecond.
  public let timeout: Duration

  public init(replicas: Int, timeout: Duration) {
    precondition(replicas > 0 && timeout >= .milliseconds(1), "WAIT 0 would wait for ever")
    self.replicas = replicas
    self.timeout = timeout
  }

  func write(into writer: inout RedisCommandWriter) {
    writer.command(argumentCount: 3)
    writer.argument("WAIT" as StaticString)
    writer.argument(replicas)
    writer.argument(Int(timeout.milliseconds))
  }
}

/// The reply to a script whose effect replicas were waited for.
public struct ConfirmedReply: Sendable {
  /// The bytes that the script answered; empty if it answered anything else than a string.
  public let reply: Result<[UInt8], RedisError>
  /// Whether enough replicas have the effect.
  public let isConfirmed: Bool
}
