internal import Foundation

/// Folders of this test process below one of its own, which is removed when the process exits; what
/// a killed test process left is removed by the next one.
public enum TestFolder {
  private static let parent = "/tmp"
  private static let prefix = "spillway-test-"

  private static let root: String = {
    removeLeftOvers()
    let path = "\(parent)/\(prefix)\(getpid())"
    mkdir(path, 0o711)
    atexit { TestFolder.removeEverything() }
    return path
  }()

  /// Makes an empty folder; `name` helps to recognise it.
  public static func make(_ name: String = "folder") -> String {
    var template = Array("\(root)/\(name)-XXXXXX".utf8CString)
    precondition(mkdtemp(&template) != nil, "cannot make a folder below \(root)")
    let path = template.withUnsafeBufferPointer { String(cString: $0.baseAddress!) }
    // Servers that run as another user copy from here.
    chmod(path, 0o711)
    return path
  }

  /// Removes a folder and all that is in it.
  public static func remove(_ path: String) {
    try? FileManager.default.removeItem(atPath: path)
  }

  private static func removeEverything() {
    SharedServers.kill()
    // A server that is just ending may still make a file.
    for _ in 0..<10 where FileManager.default.fileExists(atPath: root) {
      remove(root)
    }
  }

  private static func removeLeftOvers() {
    for name in (try? FileManager.default.contentsOfDirectory(atPath: parent)) ?? [] {
      guard name.hasPrefix(prefix), let process = Int32(name.dropFirst(prefix.count)) else {
        continue
      }
      if kill(process, 0) != 0, errno == ESRCH { remove("\(parent)/\(name)") }
    }
  }
}
