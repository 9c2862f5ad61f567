internal import Domain
internal import EventLoop
internal import HTTP

/// The cookie by which a guest is known in one room (RFC 6265).
enum VisitorCookie {
  static let name: StaticString = "spillway_visitor"
  /// How long a browser keeps it.
  static let lifeSeconds = 86_400

  /// The value of the request's cookie, if it has one.
  static func find(in request: HotRequest) -> UnsafeRawBufferPointer? {
    RequestCookie.find(name, in: request.exchange)
  }

  /// Writes the header line that sets it: for this room's routes alone, and out of reach of scripts.
  static func write(
    _ value: [UInt8], room: Identifier, of request: HotRequest, to output: ByteBuffer
  ) {
    output.append("Set-Cookie: ")
    output.append(name)
    output.append("=")
    output.append(value)
    output.append("; Path=/v1/rooms/")
    output.append(room)
    output.append("; Max-Age=")
    output.append(decimal: lifeSeconds)
    output.append("; HttpOnly; SameSite=Lax")
    if RequestCookie.isSecure(request.exchange) { output.append("; Secure") }
    output.append("\r\n")
  }
}
