internal import EventLoop

extension RedisConfiguration {
  /// Reads one of
  /// - `redis://[user[:password]@]host[:port][/database]`
  /// - `unix://[user:password@]/path/to.sock[?db=0]` (also as `redis+unix://`)
  /// - `redis-cluster://[user:password@]host[:port],…`
  /// - `redis-sentinel://[user:password@]host[:port],…/master[/database][?sentinel_password=…]`
  ///
  /// - Throws: ``RedisError/invalidConfiguration(_:)``, whose text does not repeat the URL.
  public init(url: String) throws(RedisError) {
    guard let mark = url.firstRange(of: "://") else {
      throw .invalidConfiguration(Self.schemes)
    }
    let rest = url[mark.upperBound...]
    switch url[..<mark.lowerBound] {
    case "redis": try self.init(network: rest)
    case "unix", "redis+unix": try self.init(unix: rest)
    case "redis-cluster": try self.init(cluster: rest)
    case "redis-sentinel": try self.init(sentinel: rest)
    case "rediss": throw .invalidConfiguration("TLS to Redis (rediss://) is not supported")
    default: throw .invalidConfiguration(Self.schemes)
    }
  }

  private static let schemes =
    "a Redis URL begins with redis://, unix://, redis-cluster:// or redis-sentinel://"

  private init(network text: Substring) throws(RedisError) {
    let (credentials, place) = Self.splitCredentials(text)
    guard !place.contains("?"), !place.contains("#") else {
      throw .invalidConfiguration("a redis:// URL takes no parameters")
    }
    let slash = place.firstIndex(of: "/") ?? place.endIndex
    let (host, port) = try Self.hostAndPort(place[..<slash])
    self.init(address: .tcp(host: host, port: port))
    try setCredentials(credentials)
    let path = place[slash...].dropFirst()
    if !path.isEmpty { database = try Self.database(path) }
  }

  private init(unix text: Substring) throws(RedisError) {
    let (credentials, place) = Self.splitCredentials(text)
    let mark = place.firstIndex(of: "?") ?? place.endIndex
    let path = try Self.decoded(place[..<mark])
    guard path.hasPrefix("/") else {
      throw .invalidConfiguration("a unix:// URL holds an absolute path")
    }
    self.init(address: .unix(path: path))
    try setCredentials(credentials)
    for parameter in place[mark...].dropFirst().split(separator: "&") {
      guard parameter.hasPrefix("db=") else {
        throw .invalidConfiguration("a unix:// URL takes no parameter but db")
      }
      database = try Self.database(parameter.dropFirst(3))
    }
  }

  /// Cuts at the last `@` before the path, since a password may hold one.
  static func splitCredentials(_ text: Substring) -> (Substring?, Substring) {
    let end = text.firstIndex(of: "/") ?? text.endIndex
    guard let mark = text[..<end].lastIndex(of: "@") else { return (nil, text) }
    return (text[..<mark], text[text.index(after: mark)...])
  }

  mutating func setCredentials(_ credentials: Substring?) throws(RedisError) {
    guard let credentials else { return }
    let colon = credentials.firstIndex(of: ":") ?? credentials.endIndex
    let user = try Self.decoded(credentials[..<colon])
    username = user.isEmpty ? nil : user
    let secret = credentials[colon...].dropFirst()
    password = secret.isEmpty ? nil : try Self.decoded(secret)
    if username != nil, password == nil {
      throw .invalidConfiguration("a Redis user needs a password")
    }
  }

  static func hostAndPort(
    _ text: Substring, defaultPort: Int = 6379
  ) throws(RedisError) -> (String, Int) {
    var host = text
    var port: Substring?
    if text.hasPrefix("["), let end = text.firstIndex(of: "]") {
      host = text[text.index(after: text.startIndex)..<end]
      let tail = text[text.index(after: end)...]
      guard tail.isEmpty || tail.hasPrefix(":") else {
        throw .invalidConfiguration("the host is malformed")
      }
      port = tail.isEmpty ? nil : tail.dropFirst()
    } else if let colon = text.lastIndex(of: ":") {
      host = text[..<colon]
      port = text[text.index(after: colon)...]
    }
    guard !host.isEmpty else { throw .invalidConfiguration("the host is missing") }
    let number = port.map { Int($0) ?? 0 } ?? defaultPort
    guard (1...65535).contains(number) else {
      throw .invalidConfiguration("the port is not a number from 1 to 65535")
    }
    return (String(host), number)
  }

  static func database(_ text: Substring) throws(RedisError) -> Int {
    guard let number = Int(text), number >= 0 else {
      throw .invalidConfiguration("the database is not a number")
    }
    return number
  }

  /// Undoes percent encoding.
  static func decoded(_ text: Substring) throws(RedisError) -> String {
    var bytes: [UInt8] = []
    var rest = text.utf8[...]
    while let byte = rest.popFirst() {
      guard byte == UInt8(ascii: "%") else {
        bytes.append(byte)
        continue
      }
      guard let code = String(rest.prefix(2)), code.utf8.count == 2,
        let decoded = UInt8(code, radix: 16)
      else { throw .invalidConfiguration("a percent sign is not followed by two digits") }
      bytes.append(decoded)
      rest = rest.dropFirst(2)
    }
    return String(decoding: bytes, as: UTF8.self)
  }
}
