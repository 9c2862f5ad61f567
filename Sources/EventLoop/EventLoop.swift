internal import CLibuv
internal import Synchronization

#if canImport(Glibc)
  internal import Glibc
#endif

/// One libuv loop on one thread, usable as a Swift task executor.
///
/// Everything that hangs on a loop (timers, streams, protocol clients) is confined to the loop's
/// thread and is deliberately not `Sendable`. Work reaches a loop from elsewhere only through
/// ``execute(_:)`` and ``submit(_:)``; work already on the loop starts asynchronous functions with
/// ``spawn(_:)``, and these never leave the loop.
public final class EventLoop: TaskExecutor, @unchecked Sendable {
  /// The name that the loop's thread carries.
  public let name: String

  let handle: UnsafeMutablePointer<uv_loop_t>
  private let wakeUp: UnsafeMutablePointer<uv_async_t>
  private let prepare: UnsafeMutablePointer<uv_prepare_t>
  private let check: UnsafeMutablePointer<uv_check_t>
  private let inbox = Mutex(Inbox())

  // Confined to the loop's thread.
  @exclusivity(unchecked) private var localJobs: [UnownedJob] = []
  @exclusivity(unchecked) private var tickEnd: [() -> Void] = []
  @exclusivity(unchecked) private var readArena: UnsafeMutableRawBufferPointer
  @exclusivity(unchecked) private var stopping = false

  /// Bytes that one read from a socket may bring.
  public static let readSize = 64 * 1024

  private struct Inbox {
    var jobs: [UnownedJob] = []
    var bodies: [@Sendable () -> Void] = []
    /// Once the loop closes its handles, the one that wakes it among them, it looks at the inbox by itself.
    var isClosing = false
    var hasEnded = false
  }

  /// A write to a stream that the other side has closed is an error of that stream; the signal that the
  /// kernel sends besides would end the process.
  private static let ignoreBrokenPipes: Void = { _ = signal(SIGPIPE, SIG_IGN) }()

  /// Makes a loop; nothing runs until ``run()`` or ``start(name:)``. From the first loop on the process
  /// ignores `SIGPIPE`.
  public init(name: String) {
    Self.ignoreBrokenPipes
    self.name = name
    handle = .allocate(capacity: 1)
    wakeUp = .allocate(capacity: 1)
    prepare = .allocate(capacity: 1)
    check = .allocate(capacity: 1)
    readArena = .allocate(byteCount: Self.readSize, alignment: 16)
    precondition(uv_loop_init(handle) == 0, "the kernel refused an event loop")
    let unmanaged = Unmanaged.passUnretained(self).toOpaque()
    wakeUp.pointee.data = unmanaged
    prepare.pointee.data = unmanaged
    check.pointee.data = unmanaged
    uv_async_init(handle, wakeUp) { EventLoop.from($0!.pointee.data).drainInbox() }
    uv_prepare_init(handle, prepare)
    uv_prepare_start(prepare) { EventLoop.from($0!.pointee.data).endTick() }
    uv_check_init(handle, check)
    uv_check_start(check) { EventLoop.from($0!.pointee.data).endTick() }
  }

  deinit {
    readArena.deallocate()
    handle.deallocate()
    wakeUp.deallocate()
    prepare.deallocate()
    check.deallocate()
  }

  private static func from(_ data: UnsafeMutableRawPointer?) -> EventLoop {
    Unmanaged<EventLoop>.fromOpaque(data!).takeUnretainedValue()
  }

  /// The loop whose thread is the calling one, if any.
  public static var current: EventLoop? { CurrentLoop.get() }

  /// True on the loop's own thread.
  public var isCurrent: Bool { CurrentLoop.get() === self }

  /// Monotonic time in nanoseconds, read now.
  public static func nanoseconds() -> UInt64 { uv_hrtime() }

  /// Monotonic time in milliseconds as of the start of this tick: no system call.
  public var milliseconds: UInt64 { uv_now(handle) }

  // MARK: Running

  /// Runs the loop on the calling thread until ``stop()``; all handles are closed on return.
  public func run() {
    CurrentLoop.set(self)
    defer { CurrentLoop.set(nil) }
    uv_run(handle, UV_RUN_DEFAULT)
    closeEverything()
  }

  /// Makes a loop and runs it on a thread of its own.
  public static func start(name: String) -> EventLoop {
    let loop = EventLoop(name: name)
    LoopThread.start(name: name) { loop.run() }
    return loop
  }

  /// Ends ``run()`` soon. Safe from any thread; later work is dropped.
  public func stop() {
    execute { [self] in
      stopping = true
      uv_stop(handle)
    }
  }

  private func closeEverything() {
    endTick()
    inbox.withLock { $0.isClosing = true }
    uv_walk(
      handle,
      { handle, _ in
        guard let handle, uv_is_closing(handle) == 0 else { return }
        HandleOwner.close(handle)
      }, nil)
    while uv_run(handle, UV_RUN_DEFAULT) != 0 {}
    repeat {
      drainInbox()
      endTick()
    } while !endInbox()
    uv_loop_close(handle)
  }

  /// Takes no more work from now on; false when some has come meanwhile.
  private func endInbox() -> Bool {
    inbox.withLock { inbox in
      inbox.hasEnded = inbox.bodies.isEmpty && inbox.jobs.isEmpty
      return inbox.hasEnded
    }
  }

  // MARK: Work from elsewhere

  /// Runs `body` on the loop soon. Safe from any thread.
  public func execute(_ body: @escaping @Sendable () -> Void) {
    _ = offer(body)
  }

  /// The same; false when the loop has ended, and `body` is dropped.
  func offer(_ body: @escaping @Sendable () -> Void) -> Bool {
    inbox.withLock { inbox in
      guard !inbox.hasEnded else { return false }
      inbox.bodies.append(body)
      wake(inbox)
      return true
    }
  }

  /// Runs `body` on the loop and returns its result to the caller, wherever that runs.
  public func submit<Result: Sendable>(
    _ body: @escaping @Sendable () async throws -> Result
  ) async throws -> Result {
    try await Task(executorPreference: self, operation: body).value
  }

  /// Takes a job of the Swift concurrency runtime. Safe from any thread.
  public func enqueue(_ job: consuming ExecutorJob) {
    let job = UnownedJob(job)
    if isCurrent {
      localJobs.append(job)
      return
    }
    inbox.withLock { inbox in
      inbox.jobs.append(job)
      wake(inbox)
    }
  }

  /// Called under the inbox's lock: once the loop closes its handles this one may be gone.
  private func wake(_ inbox: borrowing Inbox) {
    if !inbox.isClosing { uv_async_send(wakeUp) }
  }

  private func drainInbox() {
    let (jobs, bodies) = inbox.withLock { inbox in
      defer {
        inbox.jobs.removeAll(keepingCapacity: true)
        inbox.bodies.removeAll(keepingCapacity: true)
      }
      return (inbox.jobs, inbox.bodies)
    }
    localJobs.append(contentsOf: jobs)
    for body in bodies { body() }
  }

  // MARK: Work on the loop

  /// Starts an asynchronous function that stays on this loop. Call it on the loop only.
  @discardableResult
  public func spawn(_ body: @escaping () async -> Void) -> Task<Void, Never> {
    assertCurrent()
    let confined = LoopConfined(body)
    return Task(executorPreference: self) { await confined.value() }
  }

  /// Runs `body` once, when the input that is ready now has been handled, before the loop sleeps.
  ///
  /// This is where batches are sent and buffers flushed: what arrives together leaves together.
  public func atEndOfTick(_ body: @escaping () -> Void) {
    assertCurrent()
    tickEnd.append(body)
  }

  /// Traps in debug builds when called on another thread than the loop's.
  @inline(__always)
  public func assertCurrent() {
    assert(isCurrent, "called outside of event loop \(name)")
  }

  private func endTick() {
    repeat {
      while !localJobs.isEmpty {
        let jobs = localJobs
        localJobs = []
        for job in jobs { job.runSynchronously(on: asUnownedTaskExecutor()) }
      }
      if !tickEnd.isEmpty {
        let bodies = tickEnd
        tickEnd = []
        for body in bodies { body() }
      }
    } while !localJobs.isEmpty || !tickEnd.isEmpty
    if stopping { uv_stop(handle) }
  }

  /// The buffer that all reads of this loop share; what it holds is handled before the next read.
  func readBuffer() -> UnsafeMutableRawBufferPointer { readArena }
}
