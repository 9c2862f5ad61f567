internal import CLibuv

/// A Swift object that owns a libuv handle.
///
/// The handle's `data` holds a retained reference from creation to the close callback, so that no
/// callback can meet a freed object.
class HandleOwner {
  @exclusivity(unchecked) private var raw: UnsafeMutableRawPointer?
  private let size: Int
  @exclusivity(unchecked) private(set) var isClosing = false
  private var afterClose: (() -> Void)?

  init<Handle>(_ type: Handle.Type) {
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

  /// Closes the handle; `completion` runs once libuv has let go of it.
  func closeHandle(_ completion: (() -> Void)? = nil) {
    guard !isClosing else { return }
    isClosing = true
    afterClose = completion
    uv_close(pointer(as: uv_handle_t.self)) { handle in
      let data = handle!.pointee.data!
      let owner = Unmanaged<HandleOwner>.fromOpaque(data).takeRetainedValue()
      let completion = owner.afterClose
      owner.afterClose = nil
      completion?()
    }
  }

  /// Called when the loop itself ends with the handle still open.
  func loopEnded() { closeHandle() }

  /// Closes any handle of an ending loop, also those that the loop keeps for itself.
  static func close(_ handle: UnsafeMutablePointer<uv_handle_t>) {
    switch handle.pointee.type {
    case UV_ASYNC, UV_PREPARE, UV_CHECK:
      uv_close(handle, nil)
    default:
      owner(of: UnsafeMutableRawPointer(handle)).loopEnded()
    }
  }
}
