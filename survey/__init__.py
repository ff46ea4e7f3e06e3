"""tillit's survey: questionnaires served, answered, closed into snapshots, exported."""
