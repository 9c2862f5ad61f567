/// A data type of the server, by its object identifier (`pg_type.dat` of PostgreSQL).
public struct PostgresType: Sendable, Hashable {
  public let identifier: UInt32

  public init(identifier: UInt32) { self.identifier = identifier }

  /// The server infers the type from the statement.
  public static let unspecified = PostgresType(identifier: 0)
  public static let bool = PostgresType(identifier: 16)
  public static let bytea = PostgresType(identifier: 17)
  public static let char = PostgresType(identifier: 18)
  public static let name = PostgresType(identifier: 19)
  public static let int8 = PostgresType(identifier: 20)
  public static let int2 = PostgresType(identifier: 21)
  public static let int4 = PostgresType(identifier: 23)
  public static let text = PostgresType(identifier: 25)
  public static let json = PostgresType(identifier: 114)
  public static let float4 = PostgresType(identifier: 700)
  public static let float8 = PostgresType(identifier: 701)
  public static let unknown = PostgresType(identifier: 705)
  public static let bpchar = PostgresType(identifier: 1042)
  public static let varchar = PostgresType(identifier: 1043)
  public static let timestamp = PostgresType(identifier: 1114)
  public static let timestamptz = PostgresType(identifier: 1184)
  public static let numeric = PostgresType(identifier: 1700)
  public static let void = PostgresType(identifier: 2278)
  public static let uuid = PostgresType(identifier: 2950)
  public static let jsonb = PostgresType(identifier: 3802)

  /// The type of arrays of this type, where this layer can send them.
  var array: PostgresType {
    switch self {
    case .bool: PostgresType(identifier: 1000)
    case .bytea: PostgresType(identifier: 1001)
    case .int2: PostgresType(identifier: 1005)
    case .int4: PostgresType(identifier: 1007)
    case .text: PostgresType(identifier: 1009)
    case .int8: PostgresType(identifier: 1016)
    case .float8: PostgresType(identifier: 1022)
    case .timestamptz: PostgresType(identifier: 1185)
    case .json: PostgresType(identifier: 199)
    case .uuid: PostgresType(identifier: 2951)
    case .jsonb: PostgresType(identifier: 3807)
    default: .unspecified
    }
  }
}
