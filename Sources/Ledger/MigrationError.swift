public import Postgres

/// Why a database's schema cannot be brought up to this version.
public enum MigrationError: Error, Equatable, CustomStringConvertible {
  /// The list itself is wrong: numbers must run from 1 without a gap.
  case badOrder(title: String)
  /// The database has an applied migration with this number whose text was another.
  case changed(title: String)
  /// The database was migrated by a newer version of the program.
  case newer(titles: [String])
  /// The migration was rolled back because of the error.
  case failed(title: String, PostgresError)

  public var description: String {
    switch self {
    case .badOrder(let title):
      "migration \(title) is out of order: numbers run from 1 without a gap"
    case .changed(let title):
      "migration \(title) was changed after it was applied to this database"
    case .newer(let titles):
      "the database has migrations that this version does not know: "
        + titles.joined(separator: ", ")
    case .failed(let title, let error):
      "migration \(title) failed and was rolled back: \(error)"
    }
  }
}
