internal import Foundation

/// A configuration file with places to fill in, each a word in double braces.
struct ConfigurationTemplate {
  let text: String

  init(_ bytes: [UInt8]) { text = String(decoding: bytes, as: UTF8.self) }

  /// The file with `values` in the places of their names.
  ///
  /// - Throws: `ScenarioError` for a place without a value, and for a value without a place.
  func filled(_ values: [String: String]) throws(ScenarioError) -> String {
    var filled = ""
    var used: Set<String> = []
    var rest = text[...]
    while let open = rest.range(of: "{{") {
      guard let close = rest.range(of: "}}", range: open.upperBound..<rest.endIndex) else {
        throw ScenarioError("a place in the configuration has no end")
      }
      let name = String(rest[open.upperBound..<close.lowerBound])
      guard let value = values[name] else {
        throw ScenarioError("the configuration wants '\(name)', which is not given")
      }
      filled += rest[..<open.lowerBound] + value
      used.insert(name)
      rest = rest[close.upperBound...]
    }
    guard used.count == values.count else {
      throw ScenarioError(
        "the configuration has no place for \(values.keys.filter { !used.contains($0) }.sorted())")
    }
    return filled + rest
  }
}
