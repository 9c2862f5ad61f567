/// The head of a request that the server itself refuses, as far as it could be read. Its bytes may be read until the
/// response was made, and not later.
public struct RefusedHead {
  let fields: HeaderFields
  /// Where the head begins.
  let base: UnsafeRawPointer

  /// The value of a known field, in constant time. Of repeated fields it is the last.
  public func header(_ known: KnownHeader) -> UnsafeRawBufferPointer? {
    guard let position = fields.position(of: known) else { return nil }
    let field = fields.fields[position]
    return UnsafeRawBufferPointer(
      start: base + Int(field.valueOffset), count: Int(field.valueLength))
  }
}
