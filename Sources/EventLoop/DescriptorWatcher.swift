internal import CLibuv

/// Tells when a descriptor that somebody else owns (libpq's socket, say) can be read or written.
/// Loop-confined. Cancel it before the owner closes the descriptor.
public final class DescriptorWatcher {
  /// What to wait for, and what has come.
  public struct Readiness: OptionSet, Sendable {
    public let rawValue: Int32
    public init(rawValue: Int32) { self.rawValue = rawValue }
    public static let readable = Readiness(rawValue: 1)
    public static let writable = Readiness(rawValue: 2)
  }

  private final class Handle: HandleOwner {
    var ready: ((Readiness) -> Void)?
    /// Lets go of the callback. What is freed by that may be this handle's own user, which comes back
    /// here: so the old value lives until the property is empty.
    func forget() {
      withExtendedLifetime(ready) {
        ready = nil
      }
    }

    override func loopEnded() {
      forget()
      super.loopEnded()
    }
  }

  private let handle: Handle

  /// Watches `descriptor` once ``watch(_:)`` is called; an error on it counts as both readable and
  /// writable, so that the owner meets it.
  public init(
    descriptor: Int32, loop: EventLoop, onReady: @escaping (Readiness) -> Void
  ) throws(EventLoopError) {
    loop.assertCurrent()
    handle = Handle(uv_poll_t.self)
    try EventLoopError.check(
      uv_poll_init(loop.handle, handle.pointer(), descriptor), "watch a descriptor")
    handle.adopt()
    handle.ready = onReady
  }

  deinit { cancel() }

  /// Waits for `interest` until changed; an empty set pauses.
  public func watch(_ interest: Readiness) {
    guard !handle.isClosing else { return }
    if interest.isEmpty {
      uv_poll_stop(handle.pointer())
      return
    }
    uv_poll_start(handle.pointer(), interest.rawValue) { poll, status, events in
      let ready: Readiness = status < 0 ? [.readable, .writable] : Readiness(rawValue: events)
      HandleOwner.owner(of: poll!, as: Handle.self).ready?(ready)
    }
  }

  /// Stops for good. The descriptor is left open.
  public func cancel() {
    handle.forget()
    handle.closeHandle()
  }
}
