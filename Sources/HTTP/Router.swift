/// Finds what belongs to a method and a path.
///
/// A pattern is a path whose segments are literal or captures: `/v1/campaigns/{id}/coupons`.
/// Literal segments win over captures; a capture takes one whole segment of at least one byte.
/// Paths are compared as raw bytes, and a match allocates nothing. Inlinable, so that it is compiled
/// for the routes' type.
public struct Router<Value>: ~Copyable {
  public enum Match {
    case found(Value, RouteCaptures)
    /// The path is known for other methods, which `allow` lists as in an `Allow` field.
    case methodNotAllowed(allow: String)
    case notFound
  }

  @usableFromInline var tree = RouteTree()
  @usableFromInline var values: [Value] = []

  @inlinable public init() {}

  /// Adds a route. Traps if the pattern is malformed or the route is there already: routes are the
  /// program's own.
  @inlinable
  public mutating func add(_ method: HTTPMethod, _ pattern: String, _ value: Value) {
    tree.insert(method, pattern, index: values.count)
    values.append(value)
  }

  /// Finds the route of `path` (raw bytes, without query). `HEAD` falls back to `GET`.
  @inlinable
  public func match(_ method: HTTPMethod, _ path: UnsafeRawBufferPointer) -> Match {
    var captures = RouteCaptures()
    guard let node = tree.find(path, &captures) else { return .notFound }
    guard let route = tree.route(of: method, at: node) else {
      return .methodNotAllowed(allow: tree.allow(at: node))
    }
    captures.names = route.captureNames
    return .found(values[route.index], captures)
  }

  /// Finds the route of `exchange` and, if there is one, gives the exchange its captures.
  @inlinable
  public func match(_ exchange: HTTPExchange) -> Match {
    let match = match(exchange.method, exchange.path)
    if case .found(_, let captures) = match { exchange.captures = captures }
    return match
  }
}
