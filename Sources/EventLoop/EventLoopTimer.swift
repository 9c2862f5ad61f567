internal import CLibuv

/// A timer of one event loop, one-shot or repeating. Loop-confined.
public final class EventLoopTimer {
  private final class Handle: HandleOwner {
    var body: (() -> Void)?
    override func forget() {
      withExtendedLifetime(body) {
        body = nil
      }
    }
  }

  private let handle: Handle

  /// Makes a timer that runs `body` on `loop` each time it fires.
  public init(loop: EventLoop, _ body: @escaping () -> Void) {
    loop.assertCurrent()
    handle = Handle(uv_timer_t.self, loop: loop)
    handle.body = body
    uv_timer_init(loop.handle, handle.pointer())
    handle.adopt()
  }

  deinit { cancel() }

  /// Fires after `delay` (rounded up to milliseconds), then every `interval` if one is given.
  /// Starting a running timer sets it anew.
  public func start(after delay: Duration, every interval: Duration? = nil) {
    guard handle.isOpen else { return }
    uv_timer_start(
      handle.pointer(),
      { HandleOwner.owner(of: $0!, as: Handle.self).body?() },
      delay.milliseconds, interval?.milliseconds ?? 0)
  }

  /// Fires no more until started again.
  public func stop() {
    guard handle.isOpen else { return }
    uv_timer_stop(handle.pointer())
  }

  /// Stops for good and lets go of the body.
  public func cancel() {
    handle.close()
  }
}

extension Duration {
  /// Whole milliseconds, rounded up; negative durations count as zero.
  public var milliseconds: UInt64 {
    let (seconds, attoseconds) = components
    guard seconds >= 0, attoseconds >= 0 else { return 0 }
    return UInt64(seconds) * 1000
      + UInt64((attoseconds + 999_999_999_999_999) / 1_000_000_000_000_000)
  }
}

extension EventLoop {
  /// Runs `body` once after `delay`. Keep the timer: letting go of it cancels it.
  public func schedule(after delay: Duration, _ body: @escaping () -> Void) -> EventLoopTimer {
    let timer = EventLoopTimer(loop: self, body)
    timer.start(after: delay)
    return timer
  }
}
