import Foundation

/// The inputs that are kept: a folder for each surface, a file for each input.
///
/// Seeds are named for what they are; inputs that once broke something for what they broke.
enum Corpus {
  static let folder = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().appending(path: "corpus")

  /// The inputs of a surface with their names, in the order of these.
  static func inputs(of surface: String) throws -> [(name: String, bytes: [UInt8])] {
    let folder = folder.appending(path: surface)
    return try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted().map { name in
      (name, Array(try Data(contentsOf: folder.appending(path: name))))
    }
  }
}
