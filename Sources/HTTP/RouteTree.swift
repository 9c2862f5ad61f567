internal import Glibc

/// The segments of all patterns as a tree, in flat arrays of plain values: a search neither allocates
/// nor counts references. Without the routes' values, so that it is not generic.
@usableFromInline
struct RouteTree {
  @usableFromInline
  struct Route {
    let method: HTTPMethod
    @usableFromInline let index: Int
    @usableFromInline let captureNames: [String]
  }

  private struct Node {
    /// The first of the literals under the node, which are a linked list; -1 for none.
    var firstLiteral = -1
    var capture = -1
    var hasRoutes = false
  }

  private struct Literal {
    /// Where the segment lies in `segments`.
    let offset: Int
    let length: Int
    let node: Int
    var next = -1
  }

  private var nodes = [Node()]
  private var literals: [Literal] = []
  private var segments: [UInt8] = []
  private var routes: [[Route]] = [[]]

  @usableFromInline init() {}

  // MARK: Building

  @usableFromInline
  mutating func insert(_ method: HTTPMethod, _ pattern: String, index: Int) {
    precondition(pattern.hasPrefix("/"), "a pattern begins with a slash: \(pattern)")
    var node = 0
    var names: [String] = []
    for segment in pattern.dropFirst().split(separator: "/", omittingEmptySubsequences: false) {
      if segment.hasPrefix("{"), segment.hasSuffix("}") {
        names.append(String(segment.dropFirst().dropLast()))
        node = captureNode(under: node)
      } else {
        precondition(!segment.contains("{"), "a capture is a whole segment: \(pattern)")
        node = literalNode(Array(segment.utf8), under: node)
      }
    }
    precondition(names.count <= RouteCaptures.maximum, "too many captures: \(pattern)")
    precondition(
      !routes[node].contains { $0.method == method }, "two routes: \(method) \(pattern)")
    routes[node].append(Route(method: method, index: index, captureNames: names))
    nodes[node].hasRoutes = true
  }

  private mutating func newNode() -> Int {
    nodes.append(Node())
    routes.append([])
    return nodes.count - 1
  }

  private mutating func captureNode(under parent: Int) -> Int {
    if nodes[parent].capture < 0 {
      let node = newNode()
      nodes[parent].capture = node
    }
    return nodes[parent].capture
  }

  private mutating func literalNode(_ segment: [UInt8], under parent: Int) -> Int {
    var position = nodes[parent].firstLiteral
    while position >= 0 {
      let literal = literals[position]
      if segments[literal.offset..<literal.offset + literal.length].elementsEqual(segment) {
        return literal.node
      }
      position = literal.next
    }
    let node = newNode()
    literals.append(
      Literal(
        offset: segments.count, length: segment.count, node: node,
        next: nodes[parent].firstLiteral))
    segments += segment
    nodes[parent].firstLiteral = literals.count - 1
    return node
  }

  // MARK: Searching

  /// The node of `path`, if it has routes.
  @usableFromInline
  func find(_ path: UnsafeRawBufferPointer, _ captures: inout RouteCaptures) -> Int? {
    guard let base = path.baseAddress, path.count > 0, path[0] == UInt8(ascii: "/") else {
      return nil
    }
    return find(base, 1, path.count, 0, &captures)
  }

  private func find(
    _ base: UnsafeRawPointer, _ start: Int, _ count: Int, _ position: Int,
    _ captures: inout RouteCaptures
  ) -> Int? {
    let slash = memchr(base + start, 0x2F, count - start)
    let end = slash.map { UnsafeRawPointer($0) - base } ?? count
    var literal = nodes[position].firstLiteral
    while literal >= 0 {
      if isEqual(literal, base + start, end - start) {
        if let found = next(base, end, count, literals[literal].node, &captures) { return found }
        break
      }
      literal = literals[literal].next
    }
    let capture = nodes[position].capture
    guard capture >= 0, end > start else { return nil }
    captures.push(start, end - start)
    if let found = next(base, end, count, capture, &captures) { return found }
    captures.pop()
    return nil
  }

  @inline(__always)
  private func isEqual(_ literal: Int, _ bytes: UnsafeRawPointer, _ length: Int) -> Bool {
    let (offset, expected) = (literals[literal].offset, literals[literal].length)
    guard length == expected else { return false }
    return segments.withUnsafeBytes { segments in
      length == 0 || memcmp(segments.baseAddress! + offset, bytes, length) == 0
    }
  }

  @inline(__always)
  private func next(
    _ base: UnsafeRawPointer, _ end: Int, _ count: Int, _ node: Int,
    _ captures: inout RouteCaptures
  ) -> Int? {
    if end < count { return find(base, end + 1, count, node, &captures) }
    return nodes[node].hasRoutes ? node : nil
  }

  /// The route of `method` at `node`; that of `GET` serves `HEAD`.
  @usableFromInline
  func route(of method: HTTPMethod, at node: Int) -> Route? {
    for route in routes[node] where route.method == method { return route }
    return method == .head ? route(of: .get, at: node) : nil
  }

  /// The methods at `node` as an `Allow` field lists them.
  @usableFromInline
  func allow(at node: Int) -> String {
    var methods = routes[node].map(\.method.description)
    if methods.contains("GET"), !methods.contains("HEAD") { methods.append("HEAD") }
    return methods.sorted().joined(separator: ", ")
  }
}
