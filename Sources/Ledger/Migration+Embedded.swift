extension Migration {
  /// The schema's history, from the files in `Sources/Ledger/Migrations`. Add each new file here.
  public static let embedded: [Migration] = []

  private static func file(_ number: Int, _ name: String, _ bytes: [UInt8]) -> Migration {
    Migration(number: number, name: name, sql: String(decoding: bytes, as: UTF8.self))
  }
}
