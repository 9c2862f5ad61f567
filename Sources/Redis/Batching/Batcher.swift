public import EventLoop
public import Telemetry

/// Gathers operations while a call is in flight, and sends them together in the next. Loop-confined.
///
/// There is no timer: the first operation leaves at the end of the tick it came in, and from then on
/// load makes the batches. An idle system adds no latency; a crowd shares its calls.
public final class Batcher<Operation> {
  /// The bounds of one batcher.
  public struct Limits: Sendable {
    /// Operations of one call.
    public var maximumBatch: Int
    /// Operations that wait for a call; more are shed.
    public var maximumWaiting: Int

    /// Calls that may be in flight at once.
    public var maximumInFlight: Int

    public init(maximumBatch: Int = 64, maximumWaiting: Int = 4096, maximumInFlight: Int = 1) {
      precondition(maximumBatch > 0 && maximumWaiting > 0 && maximumInFlight > 0)
      self.maximumInFlight = maximumInFlight
      self.maximumBatch = maximumBatch
      self.maximumWaiting = maximumWaiting
    }
  }

  public let limits: Limits
  /// Operations that wait for a call.
  public private(set) var waitingCount = 0
  /// True while a batch has been sent and is not done.
  public var isBusy: Bool { inFlight > 0 }

  /// Calls that are sent and not done.
  private var inFlight = 0
  /// The size of the batch sent last.
  private var lastCount = 0

  private let loop: EventLoop
  private let send: ([Operation], _ done: @escaping () -> Void) -> Void
  private let batchSizes: Histogram?
  /// Each at most one batch long; only the last can still grow.
  private var batches = RingBuffer<[Operation]>(capacity: 4)
  private var sendIsScheduled = false

  /// - Parameters:
  ///   - batchSizes: counts the sizes of the batches.
  ///   - send: sends a batch, which is never empty, and calls `done` exactly once when the next may
  ///     go.
  public init(
    loop: EventLoop, limits: Limits = Limits(), batchSizes: Histogram? = nil,
    send: @escaping ([Operation], _ done: @escaping () -> Void) -> Void
  ) {
    self.loop = loop
    self.limits = limits
    self.batchSizes = batchSizes
    self.send = send
  }

  /// Takes `operation` into a coming batch; false when too many wait, and it is to be shed.
  public func submit(_ operation: Operation) -> Bool {
    loop.assertCurrent()
    guard waitingCount < limits.maximumWaiting else { return false }
    waitingCount += 1
    if !batches.isEmpty, batches[batches.count - 1].count < limits.maximumBatch {
      batches[batches.count - 1].append(operation)
    } else {
      var batch: [Operation] = []
      batch.reserveCapacity(min(limits.maximumBatch, 32))
      batch.append(operation)
      batches.append(batch)
    }
    scheduleSend()
    return true
  }

  private func scheduleSend() {
    guard maySend, !sendIsScheduled else { return }
    sendIsScheduled = true
    loop.atEndOfTick { [self] in
      sendIsScheduled = false
      sendNext()
    }
  }

  /// A second call may go beside the first once as many wait as that one carries: the server then
  /// works on one while the results of the other are handed out, and no batch gets smaller for it.
  private var maySend: Bool {
    inFlight == 0 || (inFlight < limits.maximumInFlight && waitingCount >= lastCount)
  }

  private func sendNext() {
    guard !batches.isEmpty, maySend else { return }
    let batch = batches.removeFirst()
    waitingCount -= batch.count
    inFlight += 1
    lastCount = batch.count
    batchSizes?.observe(batch.count)
    send(batch) { [self] in
      precondition(inFlight > 0, "a batch was reported done twice")
      inFlight -= 1
      // At the end of the tick: what else this tick brings travels along, at no cost in time.
      if waitingCount > 0 { scheduleSend() }
    }
  }
}
