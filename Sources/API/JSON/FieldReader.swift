/// Reads the members of a request body; what is missing or wrong is refused by its dotted path.
///
/// Members that nobody asks for are passed over: a client may send what a later version knows, and
/// an `app_id` means nothing here.
public struct FieldReader: Sendable {
  private let object: JSONObject
  private let path: String

  /// - Throws: ``APIError`` when `value` is no object.
  public init(_ value: JSONValue, path: String = "") throws(APIError) {
    guard let object = value.object else {
      throw .invalid(path.isEmpty ? "body" : path, "must be an object")
    }
    self.object = object
    self.path = path
  }

  /// A member that must be there and not null.
  public func required(_ name: String) throws(APIError) -> Field {
    guard let value = object[name] else { throw .invalid(self.path(of: name), "is required") }
    let field = Field(value: value, path: self.path(of: name))
    if case .null = value { throw field.refusal("must not be null") }
    return field
  }

  /// A member, or `nil` when it is absent or null.
  public func optional(_ name: String) -> Field? {
    guard let value = object[name], value != .null else { return nil }
    return Field(value: value, path: path(of: name))
  }

  /// A member as a change describes it: absent, null, or a value.
  public func change(_ name: String) -> FieldChange {
    guard let value = object[name] else { return .absent }
    if case .null = value { return .null(path: path(of: name)) }
    return .value(Field(value: value, path: path(of: name)))
  }

  /// A member that may be absent, but not null: it cannot be taken away.
  public func present(_ name: String) throws(APIError) -> Field? {
    if case .absent = change(name) { return nil }
    return try required(name)
  }

  /// Whether any of `names` is there.
  public func hasAny(of names: [String]) -> Bool { names.contains { object[$0] != nil } }

  /// The names of all members, in their order.
  public var names: [String] { object.names }

  /// Refuses members of other names: in a configuration they are mistakes.
  public func refuseAll(but known: [String]) throws(APIError) {
    for name in object.names where !known.contains(name) { throw unknown(name, known) }
  }

  /// Refuses members that a request does not know, where a mistyped name would change what is done. An `app_id` is
  /// passed over here, too.
  public func refuseMistyped(but known: [String]) throws(APIError) {
    for name in object.names where !known.contains(name) && name != "app_id" {
      throw unknown(name, known)
    }
  }

  private func unknown(_ name: String, _ known: [String]) -> APIError {
    .invalid(path(of: name), "is unknown; known are \(known.joined(separator: ", "))")
  }

  /// A name without a character is quoted, so that the path names something.
  private func path(of name: String) -> String {
    let name = name.isEmpty ? "\"\"" : name
    return path.isEmpty ? name : "\(path).\(name)"
  }
}

/// What a PATCH body says about one member.
public enum FieldChange: Sendable {
  /// Nothing: it stays.
  case absent
  /// Take it away.
  case null(path: String)
  case value(Field)
}
