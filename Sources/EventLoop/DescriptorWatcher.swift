internal import CLibuv

/// Tells when a descriptor that somebody else owns (libpq's socket, say) can be read or written.
/// Loop-confined. Cancel it before the owner closes the descriptor: libuv ends the process when it is told to
/// watch one that is closed.
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
    var interest: Readiness = []
    override func forget() {
      withExtendedLifetime(ready) {
        ready = nil
      }
    }
  }

  private let handle: Handle

  /// Watches `descriptor` once ``watch(_:)`` is called; an error on it counts as both readable and
  /// writable, so that the owner meets it.
  public init(
    descriptor: Int32, loop: EventLoop, onReady: @escaping (Readiness) -> Void
  ) throws(EventLoopError) {
    loop.assertCurrent()
    handle = Handle(uv_poll_t.self, loop: loop)
    try EventLoopError.check(
      uv_poll_init(loop.handle, handle.pointer(), descriptor), "watch a descriptor")
    handle.adopt()
    handle.ready = onReady
  }

  deinit { cancel() }

  /// Waits for `interest` until changed; an empty set pauses.
  public func watch(_ interest: Readiness) {
    guard handle.isOpen else { return }
    handle.interest = interest
    if interest.isEmpty {
      uv_poll_stop(handle.pointer())
    } else {
      uv_poll_start(handle.pointer(), interest.rawValue, Self.polled)
    }
  }

  private static let polled: uv_poll_cb = { poll, status, events in
    let handle = HandleOwner.owner(of: poll!, as: Handle.self)
    guard status < 0 else {
      handle.ready?(Readiness(rawValue: events))
      return
    }
    // libuv watches no more after an error, but what came before it may have to be read first: the owner
    // meets the error behind that.
    uv_poll_start(poll, handle.interest.rawValue, DescriptorWatcher.polled)
    handle.ready?([.readable, .writable])
  }

  /// Stops for good. The descriptor is left open.
  ///
  /// - Parameter body: called once the descriptor is no longer watched and may be closed: before this
  ///   returns, or soon on the loop when this is called elsewhere while it runs.
  public func cancel(then body: (() -> Void)? = nil) {
    handle.close(then: body)
  }
}
