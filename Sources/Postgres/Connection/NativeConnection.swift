internal import CLibpq

/// A libpq connection on its way between threads, used by one at a time.
struct NativeConnection: @unchecked Sendable {
  let pointer: OpaquePointer?

  /// Begins to connect. Blocks while names are looked up.
  static func start(_ configuration: PostgresConfiguration) -> NativeConnection {
    let parameters = Array(configuration.effectiveParameters)
    let keywords = CStrings(parameters.map(\.key))
    let values = CStrings(parameters.map(\.value))
    return NativeConnection(pointer: PQconnectStartParams(keywords.pointers, values.pointers, 0))
  }

  func finish() {
    if let pointer { PQfinish(pointer) }
  }
}

/// A null-terminated list of C strings.
private final class CStrings {
  let pointers: [UnsafePointer<CChar>?]

  init(_ texts: [String]) {
    pointers =
      texts.map { text in
        let bytes = text.utf8CString
        let copy = UnsafeMutablePointer<CChar>.allocate(capacity: bytes.count)
        bytes.withUnsafeBufferPointer {
          copy.initialize(from: $0.baseAddress!, count: bytes.count)
        }
        return UnsafePointer(copy)
      } + [nil]
  }

  deinit {
    for case let pointer? in pointers { pointer.deallocate() }
  }
}

/// What libpq needs to ask a server to stop a session's statement.
///
/// Unchecked because libpq's cancel object is constant once made and may be used on any thread.
struct NativeCancel: @unchecked Sendable {
  private let pointer: OpaquePointer

  init?(_ connection: OpaquePointer?) {
    guard let pointer = PQgetCancel(connection) else { return nil }
    self.pointer = pointer
  }

  /// Sends the request over a connection of its own and waits until the server has acted on it.
  /// Blocks. Frees the object.
  func sendAndFree() {
    var message = [CChar](repeating: 0, count: 256)
    PQcancel(pointer, &message, Int32(message.count))
    PQfreeCancel(pointer)
  }
}
