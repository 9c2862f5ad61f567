public import Domain

/// One value of a request body and the path that refusals name it by.
public struct Field: Sendable, Equatable {
  public let value: JSONValue
  /// Dotted, with positions in lists: `lines.0.sku`.
  public let path: String

  public func refusal(_ reason: String) -> APIError { .invalid(path, reason) }

  /// Text of `length` code points, as the ledger and the document count: one character as people see it
  /// may be any number of these. It is neither empty at its ends nor with control characters.
  public func text(length: ClosedRange<Int>) throws(APIError) -> String {
    guard let text = value.string else { throw refusal("must be a string") }
    guard length.contains(text.unicodeScalars.count) else {
      throw refusal("must have \(length.lowerBound) to \(length.upperBound) characters")
    }
    for scalar in text.unicodeScalars where scalar.properties.generalCategory == .control {
      throw refusal("must not contain control characters")
    }
    if let first = text.first, let last = text.last, first.isWhitespace || last.isWhitespace {
      throw refusal("must not begin or end with a space")
    }
    return text
  }

  /// Text of `length` code points that may have lines, and no other control characters.
  public func prose(length: ClosedRange<Int>) throws(APIError) -> String {
    guard let text = value.string else { throw refusal("must be a string") }
    guard length.contains(text.unicodeScalars.count) else {
      throw refusal("must have \(length.lowerBound) to \(length.upperBound) characters")
    }
    for scalar in text.unicodeScalars where scalar != "\n" {
      if scalar.properties.generalCategory == .control {
        throw refusal("must not contain control characters")
      }
    }
    return text
  }

  /// A whole number within `range`.
  public func integer(in range: ClosedRange<Int>) throws(APIError) -> Int {
    guard let integer = value.integer else { throw refusal("must be a whole number") }
    guard range.contains(integer) else {
      throw refusal("must be between \(range.lowerBound) and \(range.upperBound)")
    }
    return integer
  }

  /// True or false.
  public func bool() throws(APIError) -> Bool {
    guard case .bool(let bool) = value else { throw refusal("must be true or false") }
    return bool
  }

  /// An RFC 3339 time.
  public func instant() throws(APIError) -> Instant {
    guard let text = value.string else { throw refusal("must be a string") }
    guard let instant = Instant(text) else {
      throw refusal("must be an RFC 3339 time, such as 2026-01-31T09:00:00Z")
    }
    return instant
  }

  /// The text of an id.
  public func identifier() throws(APIError) -> Identifier {
    guard let text = value.string else { throw refusal("must be a string") }
    guard let identifier = Identifier(text) else { throw refusal("must be an id") }
    return identifier
  }

  /// One of the words that `Choice` has.
  public func choice<Choice: RawRepresentable & CaseIterable>(
    _ type: Choice.Type = Choice.self
  ) throws(APIError) -> Choice where Choice.RawValue == String {
    try choice(among: Array(Choice.allCases))
  }

  /// One of the words of `choices`.
  public func choice<Choice: RawRepresentable>(
    among choices: [Choice]
  ) throws(APIError) -> Choice where Choice.RawValue == String {
    let text = value.string
    guard let choice = choices.first(where: { $0.rawValue == text }) else {
      throw refusal("must be one of: \(choices.map(\.rawValue).joined(separator: ", "))")
    }
    return choice
  }

  public func object() throws(APIError) -> FieldReader { try FieldReader(value, path: path) }

  /// The elements of a list of at most `limit`, each with a path of its own.
  public func list(limit: Int) throws(APIError) -> [Field] {
    guard let elements = value.array else { throw refusal("must be a list") }
    guard elements.count <= limit else { throw refusal("must have at most \(limit) elements") }
    return elements.enumerated().map { Field(value: $1, path: "\(path).\($0)") }
  }

  /// A list of different texts.
  public func texts(
    limit: Int, length: ClosedRange<Int>, normalized: (String) -> String = { $0 }
  ) throws(APIError) -> [String] {
    var texts: [String] = []
    var seen: Set<String> = []
    for element in try list(limit: limit) {
      let text = normalized(try element.text(length: length))
      guard seen.insert(text).inserted else { throw element.refusal("stands twice") }
      texts.append(text)
    }
    return texts
  }
}
