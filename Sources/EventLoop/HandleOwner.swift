internal import CLibuv

/// A Swift object that owns a libuv handle.
///
/// The handle's `data` holds a retained reference from creation to the close callback, so that no
/// callback can meet a freed object. A handle that is let go of on another thread is closed on the loop a moment
/// later: until then its callbacks are called, so that they must not count on who let go of it.
class HandleOwner {
  let loop: EventLoop
  @exclusivity(unchecked) private var raw: UnsafeMutableRawPointer?
  private let size: Int
  /// From ``adopt()`` to ``close(then:)``.
  @exclusivity(unchecked) private(set) var isOpen = false

  init<Handle>(_ type: Handle.Type, loop: EventLoop) {
    self.loop = loop
    size = MemoryLayout<Handle>.size
    raw = .allocate(byteCount: size, alignment: 16)
    raw!.initializeMemory(as: UInt8.self, repeating: 0, count: size)
  }

  deinit { raw?.deallocate() }

  /// The handle's memory. Valid until the close callback.
  func pointer<Handle>(as type: Handle.Type = Handle.self) -> UnsafeMutablePointer<Handle> {
    raw!.assumingMemoryBound(to: Handle.self)
  }

  /// Ties the object to its initialised handle.
  func adopt() {
    pointer(as: uv_handle_t.self).pointee.data = Unmanaged.passRetained(self).toOpaque()
    isOpen = true
  }

  static func owner<Owner: HandleOwner>(
    of handle: UnsafeMutableRawPointer, as type: Owner.Type = Owner.self
  ) -> Owner {
    let data = handle.assumingMemoryBound(to: uv_handle_t.self).pointee.data!
    return unsafeDowncast(
      Unmanaged<HandleOwner>.fromOpaque(data).takeUnretainedValue(), to: Owner.self)
  }

  /// Uses the owner without counting a reference: the handle holds one until its close callback,
  /// which libuv never calls inside of another callback.
  @inline(__always)
  static func with<Owner: HandleOwner, Result>(
    _ handle: UnsafeMutableRawPointer, as type: Owner.Type, _ body: (Owner) -> Result
  ) -> Result {
    let data = handle.assumingMemoryBound(to: uv_handle_t.self).pointee.data!
    return Unmanaged<HandleOwner>.fromOpaque(data)._withUnsafeGuaranteedRef {
      body(unsafeDowncast($0, to: Owner.self))
    }
  }

  /// Lets go of the callbacks. What is freed by that may be this handle's own user, which comes back
  /// here: so an old value lives until its property is empty.
  func forget() {}

  /// Lets go of the callbacks and closes the handle: at once on the loop's own thread. The last user of a
  /// handle may be let go of elsewhere; it is closed on the loop then, soon.
  ///
  /// - Parameter body: called once the loop does nothing more with the handle.
  func close(then body: (() -> Void)? = nil) {
    guard loop.isCurrent else {
      let confined = LoopConfined((owner: self, body: body))
      if !loop.offer({ confined.value.owner.close(then: confined.value.body) }) {
        // The loop has ended, and has closed its handles.
        body?()
      }
      return
    }
    forget()
    if isOpen {
      isOpen = false
      uv_close(pointer(as: uv_handle_t.self)) { handle in
        Unmanaged<HandleOwner>.fromOpaque(handle!.pointee.data!).release()
      }
    }
    body?()
  }

  /// Closes any handle of an ending loop, also those that the loop keeps for itself.
  static func close(_ handle: UnsafeMutablePointer<uv_handle_t>) {
    switch handle.pointee.type {
    case UV_ASYNC, UV_PREPARE, UV_CHECK:
      uv_close(handle, nil)
    default:
      owner(of: UnsafeMutableRawPointer(handle)).close()
    }
  }
}
