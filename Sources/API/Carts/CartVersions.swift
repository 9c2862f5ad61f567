/// What `If-Match` asks of a cart (RFC 9110, section 13.1.1).
enum CartVersions {
  static let header = "if-match"

  /// The entity tag of a version.
  static func tag(_ version: Int) -> String { "\"\(version)\"" }

  /// The versions that are asked for; nil where any will do. Tags that no cart has, weak ones among them,
  /// match none.
  static func read(_ value: String?) -> Set<Int>? {
    guard let value, value.trimming != "*" else { return nil }
    let tags = value.split(separator: ",").map { String($0).trimming }
    return Set(
      tags.compactMap { tag in
        guard tag.count > 2, tag.first == "\"", tag.last == "\"" else { return nil }
        return Int(tag.dropFirst().dropLast())
      })
  }
}

extension String {
  fileprivate var trimming: String {
    var text = self[...]
    while text.first == " " || text.first == "\t" { text.removeFirst() }
    while text.last == " " || text.last == "\t" { text.removeLast() }
    return String(text)
  }
}
