internal import Foundation

/// The clone that programs were built in.
///
/// The commit is asked for when a report is made: what a build knows of it is as old as its package
/// description, which is not read again for a new commit.
enum WorkingCopy {
  /// What programs are built from. Reports are written into the clone too, and change nothing.
  private static let sources = [
    ":(top)Package.swift", ":(top)Sources", ":(top)lua", ":(top)loadtest",
    ":(top,exclude)loadtest/results",
  ]
  /// What would make git look at another clone: it sets them for whatever it runs itself.
  private static let variables = ["GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE"]

  /// The commit of the clone that `folder` is in, with `-dirty` when sources were changed since; nil
  /// outside of a clone and without git.
  static func commit(of folder: String) -> String? {
    guard let text = git(folder, ["rev-parse", "HEAD"]) else { return nil }
    let commit = text.trimmingCharacters(in: .newlines)
    let isClean = git(folder, ["diff", "--quiet", "HEAD", "--"] + sources) != nil
    return isClean ? commit : "\(commit)-dirty"
  }

  private static func git(_ folder: String, _ words: [String]) -> String? {
    ProgramOutput.read(["git", "-C", folder] + words, hiding: variables)
  }
}
