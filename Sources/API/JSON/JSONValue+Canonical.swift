extension JSONValue {
  /// The same value with the members of all objects in the order of their names' bytes: equal for texts
  /// that mean the same.
  var canonical: JSONValue {
    switch self {
    case .array(let elements): .array(elements.map(\.canonical))
    case .object(let object):
      .object(
        JSONObject(
          unique: object.members
            .map { JSONObject.Member(name: $0.name, value: $0.value.canonical) }
            .sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }))
    case .null, .bool, .integer, .double, .string: self
    }
  }
}
