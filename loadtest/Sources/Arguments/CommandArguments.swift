/// The options of one command, split into names and values.
struct CommandArguments: Sendable {
  /// One option that a command knows.
  struct Option: Sendable {
    let name: String
    /// What the value is, for the help text; nil for a switch without a value.
    let value: String?
    let help: String

    init(_ name: String, _ value: String?, _ help: String) {
      self.name = name
      self.value = value
      self.help = help
    }
  }

  /// The command line as it was, for reports.
  let words: [String]
  /// What stood before, between and after the options.
  private(set) var positional: [String] = []
  private var values: [String: String] = [:]

  /// Reads `--name value` and `--name=value`.
  ///
  /// - Throws: `UsageError` for an option that is unknown, given twice, or without its value.
  init(_ words: [String], options: [Option]) throws(UsageError) {
    self.words = words
    var rest = words[...]
    while let word = rest.popFirst() {
      guard word.hasPrefix("--") else {
        positional.append(word)
        continue
      }
      let parts = word.split(separator: "=", maxSplits: 1).map(String.init)
      guard let option = options.first(where: { "--" + $0.name == parts[0] }) else {
        throw UsageError("unknown option \(parts[0])")
      }
      var value = parts.count == 2 ? parts[1] : nil
      if option.value == nil {
        guard value == nil else { throw UsageError("--\(option.name) takes no value") }
        value = ""
      } else if value == nil {
        value = rest.popFirst()
      }
      guard let value else { throw UsageError("--\(option.name) needs a value") }
      guard values.updateValue(value, forKey: option.name) == nil else {
        throw UsageError("--\(option.name) is given twice")
      }
    }
  }

  /// The text given for an option.
  subscript(_ name: String) -> String? { values[name] }

  /// True when a switch was given.
  func has(_ name: String) -> Bool { values[name] != nil }

  /// A whole number within `range`.
  func integer(_ name: String, in range: ClosedRange<Int>) throws(UsageError) -> Int? {
    guard let text = values[name] else { return nil }
    guard let number = Int(text.replacing("_", with: "")), range.contains(number) else {
      throw UsageError(
        "--\(name) must be a whole number from \(range.lowerBound) to \(range.upperBound)")
    }
    return number
  }

  /// A number within `range`, which is bounded so that nothing that follows from it is beyond a whole number.
  func number(_ name: String, in range: ClosedRange<Double>) throws(UsageError) -> Double? {
    guard let text = values[name] else { return nil }
    guard let number = Double(text), range.contains(number) else {
      let (least, most) = (Self.text(range.lowerBound), Self.text(range.upperBound))
      throw UsageError("--\(name) must be a number from \(least) to \(most)")
    }
    return number
  }

  private static func text(_ bound: Double) -> String {
    bound.rounded() == bound ? String(Int(bound)) : String(bound)
  }

  /// The help text of `options`, one a line.
  static func help(_ options: [Option]) -> String {
    let left = options.map { "  --\($0.name)" + ($0.value.map { " \($0)" } ?? "") }
    let width = left.map(\.count).max() ?? 0
    return zip(left, options)
      .map { $0 + String(repeating: " ", count: width - $0.count + 2) + $1.help }
      .joined(separator: "\n")
  }
}
