internal import CLibuv

/// Calls back when the process gets a signal. Loop-confined.
public final class SignalWatcher {
  private final class Handle: HandleOwner {
    var received: ((Int32) -> Void)?
    override func forget() {
      withExtendedLifetime(received) {
        received = nil
      }
    }
  }

  private let handle: Handle

  /// Watches for `signal` (for example `SIGTERM`), whose default action no longer happens.
  public init(
    signal: Int32, loop: EventLoop, _ onSignal: @escaping (Int32) -> Void
  ) throws(EventLoopError) {
    loop.assertCurrent()
    handle = Handle(uv_signal_t.self, loop: loop)
    uv_signal_init(loop.handle, handle.pointer())
    handle.adopt()
    handle.received = onSignal
    let status = uv_signal_start(
      handle.pointer(),
      { HandleOwner.owner(of: $0!, as: Handle.self).received?($1) }, signal)
    if status < 0 {
      cancel()
      throw EventLoopError(code: status, operation: "watch signal \(signal)")
    }
  }

  deinit { cancel() }

  /// Stops watching.
  public func cancel() {
    handle.close()
  }
}
