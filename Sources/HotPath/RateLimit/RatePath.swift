internal import Domain
internal import EventLoop
public import Redis
public import Telemetry

/// The way of one tenant's requests to its rate policies: gathers them, has the script decide, tells
/// each how it ended. Loop-confined.
public final class RatePath {
  /// The bounds of one path.
  public struct Limits: Sendable {
    /// Requests decided by one call.
    public var maximumBatch = 256
    /// Requests that wait for a call; more are shed.
    public var maximumWaiting = 16_384
    /// Calls in flight at once.
    public var maximumInFlight = 2
    /// How long Redis may take for a call.
    public var callTimeout = Duration.milliseconds(500)

    public init() {}
  }

  private let client: RedisClient
  private let limits: Limits
  private var batcher: Batcher<RateOperation>!

  public init(client: RedisClient, limits: Limits = Limits(), batchSizes: Histogram? = nil) {
    self.client = client
    self.limits = limits
    batcher = Batcher(
      loop: client.loop,
      limits: .init(
        maximumBatch: limits.maximumBatch, maximumWaiting: limits.maximumWaiting,
        maximumInFlight: limits.maximumInFlight),
      batchSizes: batchSizes
    ) { [weak self] operations, done in self?.send(operations, done) }
  }

  /// Takes a request; it is told the outcome later, or at once why there will be none.
  public func submit(_ operation: RateOperation) {
    guard client.state == .ready else {
      operation.ended(.unavailable(.disconnected))
      return
    }
    if !batcher.submit(operation) { operation.ended(.unavailable(.shed)) }
  }

  private func send(_ operations: [RateOperation], _ done: @escaping () -> Void) {
    let wanted = operations.stillWanted()
    guard !wanted.isEmpty else {
      done()
      return
    }
    let batch = RateBatch(wanted)
    let sentAt = Int(EventLoop.nanoseconds() / 1000)
    client.evaluate(
      ScriptCatalog.chargeRates.script, keyCount: batch.keyCount,
      argumentCount: batch.argumentCount, timeout: limits.callTimeout,
      write: { writer in
        batch.writeKeys(into: &writer)
        batch.writeArguments(into: &writer)
      },
      completion: { reply in
        Self.finish(batch.operations, reply, sentAt)
        done()
      })
  }

  private static func finish(_ operations: [RateOperation], _ reply: RedisReply, _ sentAt: Int) {
    guard reply.kind == .string, var decisions = RateReply(reply.bytes) else {
      let reason = Unavailability(reply.failure)
      for operation in operations { operation.ended(.unavailable(reason)) }
      return
    }
    for operation in operations {
      guard let verdict = decisions.next(operation.items, sentAt: sentAt) else {
        operation.ended(.unavailable(.failed))
        continue
      }
      operation.ended(.decided(verdict))
    }
  }
}

extension Unavailability {
  /// Why a call brought no decision.
  init(_ failure: RedisError?) {
    self =
      switch failure {
      case .disconnected: .disconnected
      case .timedOut: .timedOut
      case .overloaded: .shed
      default: .failed
      }
  }
}
