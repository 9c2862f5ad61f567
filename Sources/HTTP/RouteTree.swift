internal import Glibc

/// The segments of all patterns as a tree. Without the routes' values, so that it is not generic.
struct RouteTree {
  struct Route {
    let method: HTTPMethod
    let index: Int
    let captureNames: [String]
  }

  private final class Node {
    var literals: [(segment: [UInt8], node: Int)] = []
    var capture: Int?
    var routes: [Route] = []
  }

  private var nodes = [Node()]

  mutating func insert(_ method: HTTPMethod, _ pattern: String, index: Int) {
    precondition(pattern.hasPrefix("/"), "a pattern begins with a slash: \(pattern)")
    var node = 0
    var names: [String] = []
    let segments = pattern.dropFirst().split(separator: "/", omittingEmptySubsequences: false)
    for segment in segments {
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
      !nodes[node].routes.contains { $0.method == method }, "two routes: \(method) \(pattern)")
    nodes[node].routes.append(Route(method: method, index: index, captureNames: names))
  }

  private mutating func newNode() -> Int {
    nodes.append(Node())
    return nodes.count - 1
  }

  private mutating func captureNode(under parent: Int) -> Int {
    if let node = nodes[parent].capture { return node }
    let node = newNode()
    nodes[parent].capture = node
    return node
  }

  private mutating func literalNode(_ segment: [UInt8], under parent: Int) -> Int {
    if let found = nodes[parent].literals.first(where: { $0.segment == segment }) {
      return found.node
    }
    let node = newNode()
    nodes[parent].literals.append((segment, node))
    return node
  }

  /// The node of `path`, if it has routes.
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
    let node = nodes[position]
    let slash = memchr(base + start, 0x2F, count - start)
    let end = slash.map { UnsafeRawPointer($0) - base } ?? count
    let length = end - start
    for literal in node.literals where literal.segment.count == length {
      let isEqual = literal.segment.withUnsafeBytes { bytes in
        length == 0 || memcmp(bytes.baseAddress!, base + start, length) == 0
      }
      guard isEqual else { continue }
      if let found = next(base, end, count, literal.node, &captures) { return found }
    }
    guard let capture = node.capture, length > 0 else { return nil }
    captures.push(start, length)
    if let found = next(base, end, count, capture, &captures) { return found }
    captures.pop()
    return nil
  }

  @inline(__always)
  private func next(
    _ base: UnsafeRawPointer, _ end: Int, _ count: Int, _ node: Int,
    _ captures: inout RouteCaptures
  ) -> Int? {
    if end < count { return find(base, end + 1, count, node, &captures) }
    return nodes[node].routes.isEmpty ? nil : node
  }

  /// The route of `method` at `node`; that of `GET` serves `HEAD`.
  func route(of method: HTTPMethod, at node: Int) -> Route? {
    let routes = nodes[node].routes
    return routes.first { $0.method == method }
      ?? (method == .head ? routes.first { $0.method == .get } : nil)
  }

  /// The methods at `node` as an `Allow` field lists them.
  func allow(at node: Int) -> String {
    var methods = nodes[node].routes.map(\.method.description)
    if methods.contains("GET"), !methods.contains("HEAD") { methods.append("HEAD") }
    return methods.sorted().joined(separator: ", ")
  }
}
