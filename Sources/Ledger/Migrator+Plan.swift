extension Migrator {
  /// What the database says of one applied migration.
  struct Applied: Equatable {
    let number: Int
    let name: String
    /// The text applied is the text known under this number.
    let isSame: Bool
  }

  static func checkOrder(_ migrations: [Migration]) throws(MigrationError) {
    for (index, migration) in migrations.enumerated() where migration.number != index + 1 {
      throw .badOrder(title: migration.title)
    }
  }

  /// The migrations still to apply to a database with the history given.
  static func pending(
    of migrations: [Migration], after applied: [Applied]
  ) throws(MigrationError) -> [Migration] {
    let newer = applied.filter { $0.number > migrations.count }
    guard newer.isEmpty else {
      throw .newer(
        titles: newer.map { Migration(number: $0.number, name: $0.name, sql: "").title })
    }
    if let changed = applied.first(where: { !$0.isSame }) {
      throw .changed(title: migrations[changed.number - 1].title)
    }
    let known = Set(applied.map(\.number))
    return migrations.filter { !known.contains($0.number) }
  }
}
