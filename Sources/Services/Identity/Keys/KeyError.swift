/// Why keys cannot be used. The text names the file or key and never its contents.
public enum KeyError: Error, Hashable, CustomStringConvertible {
  /// A file cannot be read, written or trusted.
  case file(path: String, reason: String)
  /// A document of keys is not what it should be.
  case document(reason: String)
  /// One key is not valid.
  case key(id: String, reason: String)

  public var description: String {
    switch self {
    case .file(let path, let reason): "key file \(path): \(reason)"
    case .document(let reason): "keys: \(reason)"
    case .key(let id, let reason): "key \"\(id)\": \(reason)"
    }
  }
}
