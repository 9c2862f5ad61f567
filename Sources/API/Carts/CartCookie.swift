internal import Domain
internal import HTTP

/// The cookie by which a guest is known to a cart (RFC 6265): for the cart's routes alone, and out of reach
/// of scripts.
enum CartCookie {
  static let name: StaticString = "spillway_cart"

  /// The value of the request's cookie, if it has one.
  static func find(in exchange: HTTPExchange) -> [UInt8]? {
    RequestCookie.find(name, in: exchange).map(Array.init)
  }

  /// The header that sets it, anew with each change: it lasts as long as the cart.
  static func header(_ value: String, of exchange: HTTPExchange) -> APIError.Header {
    header(value, seconds: Int(CartBounds.guestLife.components.seconds), exchange)
  }

  /// The header that takes it away.
  static func removal(of exchange: HTTPExchange) -> APIError.Header {
    header("", seconds: 0, exchange)
  }

  private static func header(
    _ value: String, seconds: Int, _ exchange: HTTPExchange
  ) -> APIError.Header {
    let secure = RequestCookie.isSecure(exchange) ? "; Secure" : ""
    return APIError.Header(
      "Set-Cookie",
      "\(name)=\(value); Path=/v1/cart; Max-Age=\(seconds); HttpOnly; SameSite=Lax\(secure)")
  }
}
