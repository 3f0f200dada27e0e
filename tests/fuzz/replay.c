/* SPDX-License-Identifier: Apache-2.0 */
/* replay: the main of a fuzz target without libFuzzer. Runs each file of the folders given, each from a block of its
 * exact size, so that ASan sees a read past the end. */
#include "fuzz.h"

#include <dirent.h>

/* Runs one file. Returns false when it cannot be read. */
static bool replay_file(const char *folder, const char *name)
{
	char path[4096];
	FILE *f;
	long size;

	snprintf(path, sizeof path, "%s/%s", folder, name);
	f = fopen(path, "rb");
	if (!f)
		return false;
	bool good = fseek(f, 0, SEEK_END) == 0 && (size = ftell(f)) >= 0 && fseek(f, 0, SEEK_SET) == 0;
	if (good) {
		uint8_t *data = malloc(size ? (size_t)size : 1);
		good = fread(data, 1, (size_t)size, f) == (size_t)size;
		if (good) {
			LLVMFuzzerTestOneInput(data, (size_t)size);
		}
		free(data);
	}
	fclose(f);
	return good;
}

int main(int argc, char **argv)
{
	size_t count = 0;

	for (int i = 1; i < argc; i++) {
		DIR *d = opendir(argv[i]);
		if (!d) {
			perror(argv[i]);
			return 1;
		}
		for (struct dirent *entry; (entry = readdir(d));) {
			if (entry->d_name[0] == '.')
				continue;
			if (!replay_file(argv[i], entry->d_name)) {
				perror(entry->d_name);
				return 1;
			}
			count++;
		}
		closedir(d);
	}
	printf("%zu inputs\n", count);
	return count ? 0 : 1;
}
