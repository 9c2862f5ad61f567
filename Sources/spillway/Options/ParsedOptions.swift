/// The options of one call: the command line first, then the environment, then the defaults.
struct ParsedOptions: Sendable {
  private let options: [String: Option]
  private let given: [String: String]
  private let environment: [String: String]

  /// - Throws: `UsageError` that names the word at fault.
  init(
    _ words: some Sequence<String>, options: [Option], environment: [String: String]
  ) throws(UsageError) {
    let known = Dictionary(options.map { ($0.name, $0) }) { $1 }
    var given: [String: String] = [:]
    var rest = Array(words)[...]
    while let word = rest.popFirst() {
      guard word.hasPrefix("--") else { throw UsageError("unexpected argument '\(word)'") }
      let parts = word.dropFirst(2).split(separator: "=", maxSplits: 1)
      let name = parts.first.map(String.init) ?? ""
      guard let option = known[name] else { throw UsageError("unknown option '\(word)'") }
      switch option.kind {
      case .flag:
        guard parts.count == 1 else { throw UsageError("--\(name) takes no value") }
        given[name] = "true"
      case .value:
        guard let value = parts.count == 2 ? String(parts[1]) : rest.popFirst() else {
          throw UsageError("--\(name) needs a value")
        }
        given[name] = value
      }
    }
    self.options = known
    self.given = given
    self.environment = environment
  }

  /// The text of an option; `nil` when it was not given and has no default.
  func text(_ name: String) -> String? {
    guard let option = options[name] else { preconditionFailure("no option --\(name)") }
    if let text = given[name] { return text }
    if let text = environment[option.environmentName], !text.isEmpty { return text }
    return option.defaultText
  }

  /// Where the value came from, as an error names it.
  func origin(_ name: String) -> String {
    given[name] == nil && environment[options[name]!.environmentName] != nil
      ? options[name]!.environmentName : "--\(name)"
  }

  func required(_ name: String) throws(UsageError) -> String {
    guard let text = text(name) else {
      throw UsageError("--\(name) (or \(options[name]!.environmentName)) is required")
    }
    return text
  }

  func integer(_ name: String, in range: ClosedRange<Int>) throws(UsageError) -> Int? {
    guard let text = text(name) else { return nil }
    guard let number = Int(text), range.contains(number) else {
      throw UsageError(
        "\(origin(name)) must be a number from \(range.lowerBound) to \(range.upperBound), not '\(text)'"
      )
    }
    return number
  }

  func flag(_ name: String) throws(UsageError) -> Bool {
    switch text(name)?.lowercased() {
    case nil, "0", "false", "no": return false
    case "1", "true", "yes": return true
    case let other?: throw UsageError("\(origin(name)) must be true or false, not '\(other)'")
    }
  }

  func choice(_ name: String, of choices: [String]) throws(UsageError) -> String {
    let text = try required(name)
    guard choices.contains(text) else {
      throw UsageError(
        "\(origin(name)) must be one of \(choices.joined(separator: ", ")), not '\(text)'")
    }
    return text
  }
}
